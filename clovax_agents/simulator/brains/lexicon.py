"""General Korean and English vocabulary of everyday requests: which words mean the same, and which mean nothing here.

A Korean keyword of two syllables or more is found inside of words, a shorter one only as a whole word.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "ACTIONS",
    "CONCEPTS",
    "FILLERS",
    "GIVEN_NAMES",
    "PREDICATE",
    "QUESTION_WORDS",
    "READING_ACTIONS",
    "SURNAMES",
    "TIME_FILLERS",
    "TITLES",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(text.split())


ACTIONS: Final[dict[str, str]] = {
    "search": "검색 조회 찾아 찾기 찾고 있어 있나 있을까 search find lookup look query",
    "read": "알려 보여 확인 제공 궁금 가져 반환 알고 알아 가르쳐 get fetch show inform read view list check tell",
    "add": "추가 등록 저장 생성 넣어 넣고 만들 작성 남겨 적어 설정 맞춰 예약 "
    "add create register insert new make set save setup book",
    "delete": "삭제 지워 지우 제거 없애 빼줘 delete remove erase clear",
    "cancel": "취소 철회 cancel abort canceled cancelled",
    "update": "수정 변경 업데이트 바꿔 바꾸 고쳐 갱신 update change modify edit rename",
    "send": "보내 전송 발송 전달 물어봐 전해 남겨 send deliver post notify",
    "calculate": "계산 나누 나눠 더하 곱하 합계 calculate compute calc sum",
    "convert": "변환 환전 바꾸 바꿀 바꿔 전환 convert exchange transform",
    "recommend": "추천 골라 뽑아 제안 recommend suggest pick choose",
    "play": "재생 틀어 들려 듣고 play start listen",
    "stop": "중지 정지 멈춰 꺼줘 끄고 stop pause halt",
    "translate": "번역 통역 옮겨 translate translation",
    "count": "세줘 세어 개수 카운트 몇개 count number",
    "compare": "비교 compare comparison versus",
    "order": "주문 구매 결제 사줘 order buy purchase pay",
    "refund": "환불 반품 refund return",
    "summarize": "요약 정리 summarize summary",
    "generate": "생성 만들 만들어 generate create make",
}
"""What one can ask for: action and its words."""

READING_ACTIONS: Final = frozenset({"search", "read", "recommend", "calculate", "count", "compare"})
"""What a plain question may mean; the others change something and are asked for in so many words."""

CONCEPTS: Final[dict[str, str]] = {
    "weather": "날씨 기상 weather",
    "temperature": "기온 온도 temperature",
    "rain": "비 강수 우산 rain rainfall precipitation umbrella",
    "dust": "미세먼지 공기질 dust",
    "time": "시간 시각 몇시 time clock hour",
    "date": "날짜 일자 date day",
    "year": "년도 연도 년 year",
    "month": "개월 월별 month",
    "place": "지역 위치 장소 도시 동네 location place city region area where",
    "address": "주소 address",
    "person": "사람 인원 명이 명 일인당 people person persons",
    "name": "이름 성함 명칭 name",
    "friend": "친구 friend",
    "birthday": "생일 생신 birthday birth",
    "dday": "언제 디데이 며칠 남은 남았 남은일수 지났 dday countdown remaining",
    "event": "언제 일정 약속 스케줄 미팅 모임 event schedule meeting appointment",
    "calendar": "캘린더 달력 calendar",
    "start": "시작 부터 start begin from",
    "end": "종료 끝 까지 마감 end finish until",
    "deadline": "마감 기한 데드라인 deadline due",
    "task": "할일 할 투두 task todo",
    "memo": "메모 노트 필기 memo note",
    "alarm": "알람 알림 깨워 alarm reminder",
    "contact": "연락처 주소록 contact contacts",
    "phone": "전화 전화번호 휴대폰 핸드폰 phone mobile telephone",
    "email": "이메일 메일 email mail",
    "message": "메시지 메세지 문자 쪽지 톡 message sms text",
    "receiver": "수신자 수신인 받는 에게 한테 receiver recipient",
    "title": "제목 타이틀 title subject",
    "content": "내용 본문 content body contents",
    "movie": "영화 무비 movie film cinema",
    "boxoffice": "박스오피스 흥행 boxoffice office box",
    "ranking": "순위 랭킹 인기순 ranking rank top chart",
    "detail": "상세 자세 내용 줄거리 출연 감독 러닝타임 상영시간 누가 detail details info",
    "music": "음악 노래 뮤직 곡 music song songs track",
    "playlist": "플레이리스트 재생목록 playlist",
    "artist": "가수 아티스트 artist singer",
    "shuffle": "셔플 무작위 섞어 shuffle",
    "repeat": "반복 되풀이 repeat loop",
    "news": "뉴스 기사 소식 news headline headlines article",
    "video": "동영상 영상 유튜브 비디오 video videos",
    "book": "도서 서적 책 book books",
    "word": "단어 낱말 어휘 word words",
    "character": "글자 문자수 character characters letters",
    "sentence": "문장 텍스트 단락 글 text sentence paragraph",
    "language": "언어 영어 한국어 일본어 중국어 language english korean japanese",
    "image": "이미지 그림 사진 image picture photo",
    "money": "돈 금액 액수 요금 비용 총액 money amount cost fee bill",
    "price": "가격 값 원가 단가 정가 price prices",
    "currency": "통화 화폐 달러 유로 위안 엔화 원화 currency usd eur krw jpy cny",
    "exchange_rate": "환율 rate",
    "fee": "수수료 fee",
    "tax": "세금 부가세 tax",
    "tip": "팁 봉사료 tip",
    "discount": "할인 세일 discount sale",
    "most": "최대 이하 미만 max maximum under below",
    "least": "최소 이상 초과 min minimum over above",
    "percent": "퍼센트 프로 비율 percent percentage ratio",
    "split": "나눠 나누 나누어 분담 더치페이 각자 똑같이 일인당 얼마씩 split share each",
    "stock": "재고 수량 stock inventory quantity",
    "product": "상품 제품 물건 품목 product products item items goods",
    "order": "주문 order orders",
    "refund": "환불 반품 교환 refund return",
    "delivery": "배송 배달 택배 운송장 송장 delivery shipping shipment parcel tracking",
    "policy": "정책 규정 약관 기준 policy policies rule terms",
    "gift": "선물 gift present",
    "shop": "쇼핑 상점 매장 스토어 가게 shop store shopping",
    "cart": "장바구니 카트 cart basket",
    "coupon": "쿠폰 포인트 적립 coupon point points",
    "review": "리뷰 후기 평점 별점 review rating",
    "customer": "고객 회원 사용자 customer user member account",
    "height": "키 신장 센티 센티미터 height tall cm",
    "weight": "몸무게 체중 무게 킬로그램 weight kg",
    "bmi": "체질량 체질량지수 비만도 bmi",
    "health": "건강 운동 칼로리 health calorie exercise",
    "age": "나이 연령 살 age old",
    "gender": "성별 gender sex",
    "password": "비밀번호 암호 패스워드 password passcode",
    "uppercase": "대문자 uppercase capital",
    "lowercase": "소문자 lowercase",
    "number": "숫자 번호 number digit digits numbers",
    "length": "길이 자리 글자 length long",
    "random": "랜덤 무작위 임의 아무 random",
    "walk": "도보 걸어 걸어서 걷 walk walking",
    "distance": "거리 떨어져 떨어진 distance far",
    "duration": "소요 소요시간 걸려 걸릴 걸리 duration",
    "route": "경로 길찾기 가는 route path direction directions",
    "origin": "출발지 출발 origin departure",
    "destination": "도착지 목적지 도착 destination arrival",
    "flight": "항공 비행기 항공편 flight plane",
    "hotel": "호텔 숙소 숙박 hotel",
    "restaurant": "맛집 식당 음식점 레스토랑 restaurant food",
    "parking": "주차 주차장 parking",
    "document": "문서 파일 자료 document file files",
    "table": "테이블 표 table",
    "database": "데이터베이스 디비 database db sql",
    "web": "웹 인터넷 사이트 홈페이지 web internet site page url",
    "status": "상태 현황 진행 어디쯤 status state progress",
    "history": "이력 내역 기록 과거 history log past",
    "now": "현재 지금 오늘 요즘 최근 실시간 current now today latest",
    "tomorrow": "내일 앞으로 예보 모레 tomorrow forecast",
    "lotto": "로또 복권 lotto lottery",
    "luck": "행운 운세 luck lucky fortune",
    "coin": "가상화폐 암호화폐 코인 비트코인 crypto coin bitcoin",
    "share_price": "주가 주식 증시 stocks share",
    "device": "조명 전등 불 에어컨 기기 장치 light lamp device",
    "approval": "승인 결재 허가 approval approve",
    "expression": "수식 식 연산 expression formula equation math",
}
"""What requests are about: concept and its words."""

FILLERS: Final = word_set(
    """
    좀 한번 혹시 그럼 그러면 근데 그런데 그냥 이제 빨리 바로 다시 꼭 제발 저기 음 아 어 네 응 내 제 나 저 우리 저희
    내가 제가 나는 저는 이거 그거 저거 이걸 그걸 이걸로 그걸로 이것 그것 여기 여기에 여기엔 거기 이 그 저 것 거 수 때
    등 정도 위한 위해 대한 대해 대해서 관한 관해 관해서 관련 무슨 어떤 하나 한개 몇 개 중에 중 주는 해서 하고 싶은데
    이하 이상 미만 초과 싶어 이렇게 그렇게 이런 그런 같은 정보 결과 목록 상태 내용 값
    부탁 부탁해 부탁해요 부탁드려요 부탁드립니다
    요청 요청입니다 please the a an of to for in on at is are what me my tell show give about i want do does
    can could you and
    """
)
"""Words that never name what somebody is looking for."""

TIME_FILLERS: Final = word_set(
    "현재 지금 오늘 오늘자 요즘 최근 실시간 이번 이번주 이번달 이번에 저번 저번에 now today currently"
)
"""Words of time that only say "now"."""

SURNAMES: Final = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민진류나지엄채원천방공현함변"
)
"""The commonest Korean family names."""

GIVEN_NAMES: Final = frozenset(
    "서연민준지훈수아하윤도현우예은진영호석주원건유나다인채빈시소율재성태경희정미선숙자순옥철동혁규환승종찬한결솔혜린슬란애향화명길용식"
    "근학봉병창광덕택범섭형균익웅열운강세림보람준후온새롬"
)
"""Syllables that Korean given names are made of."""

TITLES: Final = word_set(
    "고객 회원 사용자 손님 학생 선생님 사원 주임 대리 과장 차장 부장 팀장 실장 이사 대표 교수 박사 기사 작가 감독"
)
"""What stands behind a person's name, with or without a space; 님 and 씨 apart."""

QUESTION_WORDS: Final = re.compile(
    r"(어때|어떤가|어떻|어떠|뭐|무엇|무슨|누구|누가|언제|어디|얼마|며칠|몇|왜|궁금|되나|되죠|되지|돼\b|있어|있나|있을|있니|"
    r"있는지|알고|알아|알려|보여|찾아|찾고|가르쳐|골라|말해|how|what|when|where|who|which)"
)
"""A word that begins like this asks or requests; it is no name."""

PREDICATE: Final = re.compile(
    r".*(줘요?|줄래요?|주세요|주십시오|주시겠어요|주라|달라|달라고|해놔|해둬|하자|할래요?|할게요?|할까요?|해라|하세요|해요|"
    r"됩니다|합니다|습니다|입니다|십시오|나요|가요|까요?|을래|는지|은지|인지|거야|할거야|싶어요?|싶습니다|됐어|했어|더라|냐고|"
    r"다고|라고|려고|려면|이야|예요|이에요|에요|지마|하지마|마세요|있어요?|없어요?|있나|있니|있지|있을까|났어|왔어|나와|한다|"
    r"된다|돼|바꾸면|만한[게걸것거])$"
)
"""A word that ends like this is a verb of the sentence; it is no name."""
