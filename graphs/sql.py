"""Questions over the shop's data, which can only be read: sales, stock, returns. Customers are left out."""

from clovax_agents.prebuilt import sql_agent
from clovax_agents.tooling import module_from_path

TABLES = ["products", "orders", "order_items", "deliveries", "refunds", "cancellations", "coupons"]
PROMPT = "매출은 주문취소와 반품접수를 뺀 주문의 결제 금액(total)입니다. 금액은 원 단위로 답하세요."

shop = module_from_path("../tools/_database.py")
graph = sql_agent(database=shop.made, model="HCX-007", tables=TABLES, prompt=PROMPT).compile(name="sql")
