//! Sentences for the tests: clean ones in many languages, and the means to misread them.

use crate::page::{PAGES, Page};

/// Clean sentences, by language.
pub(crate) const CLEAN: [(&str, &str); 34] = [
    ("am", "ጀልባዋ ሰኞ ዕለት ወደ ደሴቲቱ ተመለሰች። ካፒቴኑ አውሎ ነፋሱ አብቅቷል አሉ።"),
    ("ar", "عادت العبّارة إلى الجزيرة يوم الاثنين، وقال القبطان: «انتهت العاصفة»، وأضاف أن ١٢ راكبًا كانوا على متنها."),
    ("az", "Bərə bazar ertəsi adaya qayıtdı: “Fırtına bitdi”, – kapitan şad halda dedi. Gəmidə iyirmi üç nəfər vardı."),
    (
        "be",
        "Паром вярнуўся на востраў у панядзелак. «Шторм скончыўся», — сказаў капітан Міхась Ліўшыц, і людзі павесялелі.",
    ),
    (
        "bg",
        "Фериботът се върна на острова в понеделник. „Бурята свърши“, каза капитанът пред Радио „Залив“ – и обеща курс.",
    ),
    ("bn", "সোমবার ফেরিটি দ্বীপে ফিরে এসেছে। কাপ্তান বললেন, “ঝড় শেষ হয়েছে।” যাত্রীরা খুশি।"),
    (
        "cs",
        "Přívoz se v pondělí vrátil na ostrov. „Bouře skončila,“ řekl kapitán Jiří Šťastný – a cestující se těšili domů.",
    ),
    (
        "da",
        "Færgen vendte tilbage til øen mandag. »Stormen er forbi,« sagde kaptajn Søren Ågård – og så gik de om bord.",
    ),
    (
        "de",
        "Die Fähre kehrte am Montag zur Insel zurück. „Der Sturm ist vorüber“, sagte Kapitänin Jördis Böß – 5 € mehr.",
    ),
    ("el", "Το πλοίο επέστρεψε τη Δευτέρα στο νησί. «Η καταιγίδα τελείωσε», είπε ο καπετάνιος Ηλίας – και γέλασε."),
    (
        "en",
        "The ferry came back on Monday. “The storm’s over,” said Zoë Brontë… “That’ll be £5 — or €6.” It’s 20° in São Paulo™.",
    ),
    (
        "es",
        "El transbordador volvió el lunes. «¿Ya pasó?», preguntó la niña. —Sí —respondió el capitán Íñigo Peñón—, ¡mañana zarpamos!",
    ),
    ("et", "Praam jõudis esmaspäeval saarele tagasi. „Torm on möödas,“ ütles kapten Jüri Õun – ja läks sööma."),
    ("fa", "کشتی دوشنبه به جزیره بازگشت. ناخدا گفت: «توفان تمام شد»؛ مسافران می‌روند و خوش‌حال‌اند."),
    ("fi", "Lautta palasi maanantaina saarelle. ”Myrsky on ohi”, sanoi kapteeni Väinö Äijälä – ja päälle ÄÄNTÄ."),
    (
        "fr",
        "L’épave fut retrouvée à Noël : « C’était là, à côté de l’île », dit Hélène Œuvrard, déjà âgée de 90 ans… où ça ?",
    ),
    ("he", "המעבורת חזרה לאי ביום שני. „הסערה נגמרה”, אמר רב־החובל — ו־12 נוסעים ירדו לחוף."),
    ("hi", "नौका सोमवार को द्वीप पर लौट आई। कप्तान ने कहा, “तूफ़ान ख़त्म हुआ।” यात्री प्रसन्न थे।"),
    (
        "hu",
        "A komp hétfőn tért vissza a szigetre. „Vége a viharnak” – mondta Őze Győző kapitány, és fölszállt az ötven utas.",
    ),
    ("hy", "Լաստանավը երկուշաբթի վերադարձավ կղզի։ «Փոթորիկն ավարտվեց»,— ասաց նավապետը։"),
    (
        "it",
        "Il traghetto è tornato lunedì. «Perché no?», ha detto il capitano Nicolò: la città aspetterà, ma c’è già più gente.",
    ),
    ("ja", "フェリーは月曜日に島へ戻った。「嵐は終わった」と船長は語り、乗客１２人が港に降りた。"),
    ("ka", "ბორანი ორშაბათს კუნძულზე დაბრუნდა. „ქარიშხალი დასრულდა“, – თქვა კაპიტანმა."),
    ("kk", "Паром дүйсенбіде аралға қайтты. «Дауыл өтті», – деді капитан Жігер Сібірұлы. Жолаушылар қуанды."),
    ("ko", "여객선은 월요일에 섬으로 돌아왔다. “폭풍은 끝났다”고 선장이 말했고 승객들은 배에 올랐다."),
    ("lt", "Keltas pirmadienį grįžo į salą. „Audra baigėsi“, – sakė kapitonas Šarūnas Žąsytis, ir žmonės džiaugėsi."),
    ("pl", "Prom wrócił w poniedziałek na wyspę. „Sztorm się skończył” – rzekł kapitan Łącki. WRÓCIŁ TEŻ ŻÓŁTY KAJAK."),
    ("pt", "A balsa voltou à ilha na segunda-feira. “É o fim da tempestade”, disse João Conceição… AMANHÃ HÁ MAÇÃS."),
    (
        "ro",
        "Feribotul s-a întors luni pe insulă. „Furtuna s-a sfârșit”, a spus căpitanul Țăranu. NICIODATĂ ATÂTA LUME.",
    ),
    (
        "ru",
        "Паром вернулся на остров в понедельник. «Шторм кончился», — сказал капитан Пётр Лёвин, и всё стихло. 5 № 7.",
    ),
    (
        "sr",
        "Трајект се у понедељак вратио на острво. „Олуја је прошла“, рекао је капетан Љубиша Њежић – и отишао кући.",
    ),
    ("th", "เรือข้ามฟากกลับถึงเกาะเมื่อวันจันทร์ กัปตันกล่าวว่า “พายุผ่านไปแล้ว” และผู้โดยสารก็ลงเรือ"),
    (
        "uk",
        "Пором повернувся на острів у понеділок. «Буря минула», — сказав капітан Їжакевич. ВІН З’ЇВ ЙОГО ОБІД, І ПІШОВ.",
    ),
    ("vi", "Chuyến phà đã trở lại đảo hôm thứ hai. “Bão đã tan,” thuyền trưởng Đặng nói, và đó là điều tốt. ĐÃ ĐẾN."),
];

/// Reads the UTF-8 of a text in a code page.
pub(crate) fn misread(text: &str, page: Page) -> String {
    let upper: Vec<char> = PAGES[usize::from(page.0)].1.chars().collect();
    text.bytes()
        .map(|byte| byte.checked_sub(0x80).map_or(char::from(byte), |place| upper[usize::from(place)]))
        .collect()
}

/// Reads the UTF-8 of a text as ISO 8859-1.
pub(crate) fn misread_latin(text: &str) -> String {
    text.bytes().map(char::from).collect()
}
