//! The identifier as a caller sees it, on sentences of invented news.

use copydesk_language::{LEAST_CONFIDENCE, identify, languages, ranked};
use proptest::prelude::*;

const SENTENCES: &[(&str, &str)] = &[
    ("en", "The mayor of Westmere promised on Monday that the old bridge would be open again before the winter."),
    ("de", "Die Bürgermeisterin versprach am Montag, dass die alte Brücke noch vor dem Winter wieder geöffnet wird."),
    ("fr", "Le maire a promis lundi que le vieux pont serait de nouveau ouvert avant le début de l’hiver."),
    ("es", "El alcalde prometió el lunes que el viejo puente volverá a abrirse antes de que empiece el invierno."),
    ("pt", "O presidente da câmara prometeu na segunda-feira que a velha ponte não ficará fechada até ao inverno."),
    ("it", "Il sindaco ha promesso lunedì che il vecchio ponte sarà riaperto prima dell’inizio dell’inverno."),
    ("ca", "L’alcalde va prometre dilluns que el pont vell tornarà a obrir-se abans que comenci l’hivern."),
    ("ro", "Primarul a promis luni că podul vechi va fi deschis din nou înainte de începutul iernii."),
    ("nl", "De burgemeester beloofde maandag dat de oude brug nog voor het begin van de winter weer opengaat."),
    ("sv", "Borgmästaren lovade på måndagen att den gamla bron ska öppnas igen innan vintern börjar."),
    ("da", "Borgmesteren lovede mandag, at den gamle bro vil blive åbnet igen, inden vinteren begynder."),
    ("nb", "Ordføreren lovet mandag at den gamle broen skal åpnes igjen før vinteren begynner for alvor."),
    ("fi", "Pormestari lupasi maanantaina, että vanha silta avataan uudelleen ennen talven alkua."),
    ("et", "Linnapea lubas esmaspäeval, et vana sild avatakse uuesti enne talve algust."),
    ("hu", "A polgármester hétfőn megígérte, hogy a régi hidat még a tél kezdete előtt újra megnyitják."),
    ("pl", "Burmistrz obiecał w poniedziałek, że stary most zostanie ponownie otwarty przed początkiem zimy."),
    ("cs", "Starosta v pondělí slíbil, že starý most bude znovu otevřen ještě před začátkem zimy."),
    ("sk", "Starosta v pondelok sľúbil, že starý most bude znovu otvorený ešte pred začiatkom zimy."),
    ("tr", "Belediye başkanı pazartesi günü eski köprünün kış başlamadan yeniden açılacağına söz verdi."),
    ("vi", "Thị trưởng hôm thứ Hai đã hứa rằng cây cầu cũ sẽ được mở lại trước khi mùa đông bắt đầu."),
    ("ru", "Мэр пообещал в понедельник, что старый мост снова откроют ещё до начала зимы."),
    ("uk", "Міський голова пообіцяв у понеділок, що старий міст знову відкриють ще до початку зими."),
    ("bg", "Кметът обеща в понеделник, че старият мост ще бъде отворен отново преди началото на зимата."),
    ("ar", "وعد رئيس البلدية يوم الاثنين بإعادة فتح الجسر القديم قبل بداية فصل الشتاء."),
    ("fa", "شهردار روز دوشنبه قول داد که پل قدیمی پیش از آغاز زمستان دوباره باز خواهد شد."),
    ("ur", "میئر نے پیر کو وعدہ کیا کہ پرانا پل سردیوں کے آغاز سے پہلے دوبارہ کھول دیا جائے گا۔"),
    ("hi", "महापौर ने सोमवार को वादा किया कि पुराना पुल सर्दियों की शुरुआत से पहले फिर से खोल दिया जाएगा।"),
    ("he", "ראש העירייה הבטיח ביום שני שהגשר הישן ייפתח מחדש לפני תחילת החורף."),
    ("el", "Ο δήμαρχος υποσχέθηκε τη Δευτέρα ότι η παλιά γέφυρα θα ανοίξει ξανά πριν από τον χειμώνα."),
    ("zh", "市长星期一承诺，旧桥将在冬天开始之前重新开放。"),
    ("ja", "市長は月曜日、古い橋を冬が始まる前に再び開通させると約束した。"),
    ("ko", "시장은 월요일에 겨울이 시작되기 전에 낡은 다리를 다시 열겠다고 약속했다."),
    ("sr", "Градоначелник је у понедељак обећао да ће стари мост бити поново отворен пре почетка зиме."),
    ("hr", "Gradonačelnik je u ponedjeljak obećao da će stari most biti ponovno otvoren prije početka zime."),
    ("sl", "Župan je v ponedeljek obljubil, da bo stari most ponovno odprt še pred začetkom zime."),
    ("mk", "Градоначалникот во понеделникот вети дека стариот мост повторно ќе биде отворен пред зимата."),
    ("be", "Мэр паабяцаў у панядзелак, што стары мост зноў адкрыюць яшчэ да пачатку зімы."),
    ("kk", "Қала әкімі дүйсенбі күні ескі көпір қыс басталғанға дейін қайта ашылатынына уәде берді."),
    ("lt", "Meras pirmadienį pažadėjo, kad senasis tiltas vėl bus atidarytas dar prieš prasidedant žiemai."),
    ("lv", "Mērs pirmdien solīja, ka vecais tilts tiks atkal atvērts vēl pirms ziemas sākuma."),
    ("sq", "Kryetari i bashkisë premtoi të hënën se ura e vjetër do të hapet përsëri para fillimit të dimrit."),
    ("id", "Wali kota berjanji pada hari Senin bahwa jembatan lama akan dibuka kembali sebelum musim hujan tiba."),
    ("sw", "Meya aliahidi Jumatatu kwamba daraja la zamani litafunguliwa tena kabla ya msimu wa mvua kuanza."),
    ("ckb", "سەرۆکی شارەوانی ڕۆژی دووشەممە بەڵێنی دا کە پردە کۆنەکە پێش زستان دەکرێتەوە."),
    ("ka", "მერმა ორშაბათს პირობა დადო, რომ ძველი ხიდი ზამთრის დაწყებამდე ისევ გაიხსნება."),
    ("hy", "Քաղաքապետը երկուշաբթի խոստացավ, որ հին կամուրջը կրկին կբացվի մինչև ձմեռը։"),
    ("bn", "মেয়র সোমবার প্রতিশ্রুতি দিয়েছেন যে শীত শুরু হওয়ার আগে পুরোনো সেতুটি আবার খুলে দেওয়া হবে।"),
    ("as", "মেয়ৰে সোমবাৰে প্ৰতিশ্ৰুতি দিলে যে পুৰণি দলংখন শীতৰ আগতে পুনৰ মুকলি কৰা হ'ব।"),
    ("ta", "குளிர்காலம் தொடங்கும் முன் பழைய பாலம் மீண்டும் திறக்கப்படும் என்று மேயர் உறுதியளித்தார்."),
    ("th", "นายกเทศมนตรีให้สัญญาเมื่อวันจันทร์ว่าสะพานเก่าจะเปิดอีกครั้งก่อนเริ่มฤดูหนาว"),
];

/// Of no language, or too little to tell.
const JUNK: &[&str] = &[
    "",
    " \n\t ",
    "12,345.67 89 10:30 2026-11-22",
    "a",
    "OK",
    "https://news.example/2026/11/22/story.html?id=1&ref=home",
    "if (a1 == b2) { return x_y[i] + f(z3); } // 0xFF",
    "d41d8cd98f00b204e9800998ecf8427e 7c211433f02071597741e6ff5a8ea34789abbf43",
    "xq zvw kjh qpwz vbxj kkqz wvfg hjqx",
    "→ ★ ★ ★ ☆ ☆ © 2026",
    "Ω",
];

#[test]
fn sentences_of_many_languages_are_named() {
    for &(code, sentence) in SENTENCES {
        let found = identify(sentence);
        assert_eq!(found.code, code, "{sentence}: {:?}", ranked(sentence, 3));
        assert!(found.confidence > 0.8, "{sentence}: {found:?}");
    }
}

#[test]
fn what_is_no_language_is_not_named() {
    for text in JUNK {
        assert_eq!(identify(text).code, "und", "{text}: {:?}", ranked(text, 3));
    }
}

#[test]
fn latin_remains_of_a_page_do_not_outweigh_its_text() {
    let text = "Read More Politics Latest News — وعد رئيس البلدية يوم الاثنين بإعادة فتح الجسر القديم";
    assert_eq!(identify(text).code, "ar");
}

#[test]
fn a_foreign_name_does_not_turn_a_sentence() {
    let text = "Pormestari Åke Smithson-Brown lupasi maanantaina Westmere Gazette -lehdessä avata sillan uudelleen.";
    assert_eq!(identify(text).code, "fi");
}

#[test]
fn a_long_text_is_judged_by_samples_of_the_whole() {
    let fringe = "The quick summary of the day. ".repeat(10);
    let body = SENTENCES.iter().find(|(code, _)| *code == "hu").map_or("", |(_, text)| text);
    let text = format!("{fringe}{}{fringe}", body.repeat(2000));
    assert_eq!(identify(&text).code, "hu");
}

#[test]
fn runners_up_come_in_order_and_add_up_to_no_more_than_one() {
    for &(code, sentence) in SENTENCES {
        let all = ranked(sentence, usize::MAX);
        assert_eq!(all[0].0, code);
        assert!(all.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{sentence}");
        assert!(all.iter().map(|entry| entry.1).sum::<f32>() <= 1.001, "{sentence}");
        assert_eq!(ranked(sentence, 1).len(), 1);
    }
}

#[test]
fn the_list_of_languages_is_what_is_answered() {
    let list = languages();
    assert!(list.is_sorted());
    assert!(!list.contains(&"und"));
    for (code, _) in SENTENCES {
        assert!(list.contains(code), "{code}");
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in any::<String>()) {
        let found = identify(&text);
        prop_assert!((0.0..=1.0).contains(&found.confidence));
        prop_assert_eq!(found.code == "und", found.confidence < LEAST_CONFIDENCE);
        prop_assert!(found.code == "und" || languages().contains(&found.code));
        prop_assert_eq!(identify(&text), found);
    }

    #[test]
    fn space_and_case_do_not_matter(index in 0..SENTENCES.len()) {
        let (code, sentence) = SENTENCES[index];
        let shouted = sentence.to_uppercase();
        prop_assert_eq!(identify(&shouted).code, code);
        let wrapped = sentence.replace(' ', "\n  ");
        prop_assert_eq!(identify(&wrapped), identify(sentence));
    }
}
