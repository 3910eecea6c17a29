//! Whether a text reads as prose of a script that is not Latin, by the statistics of its letters.
//!
//! The same bytes are letters in many charsets, and bytes of any kind are letters of Chinese. What tells a text from
//! such noise holds in every language: a third of the letters makes up most of a text; capitals begin words; and
//! letters of one script stand together. Of Chinese and Korean the four hundred and the hundred most frequent
//! characters are known here, of which noise has hardly any; Japanese is half hiragana.
//!
//! The letters are those most frequent in the languages written with a script, taken together; the bounds lie
//! half-way between what text has and what text in a wrong charset has.

/// Fewest letters that statistics tell anything of.
const LEAST_LETTERS: usize = 12;
/// Bytes that are looked at.
const WINDOW: usize = 64 * 1024;
/// Fewest different letters of a text.
const LEAST_DIFFERENT: usize = 8;

/// A script, and its most frequent letters.
struct Model {
    script: Script,
    /// The most frequent letters.
    common: &'static str,
    /// Their least share of all letters of a text, in percent.
    least: usize,
}

/// A script, as far as it is told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    /// Cyrillic.
    Cyrillic,
    /// Greek.
    Greek,
    /// Hebrew.
    Hebrew,
    /// Arabic.
    Arabic,
    /// Thai.
    Thai,
    /// Chinese characters.
    Han,
    /// Hiragana and katakana.
    Kana,
    /// Hangul.
    Hangul,
}

const MODELS: [Model; 7] = [
    Model { script: Script::Cyrillic, common: "оаеинтсрвлкмді", least: 56 },
    Model { script: Script::Greek, common: "αοιετσνηυρπκλμςάίό", least: 65 },
    Model { script: Script::Hebrew, common: "יוהלארמתבשנ", least: 58 },
    Model { script: Script::Arabic, common: "اليمنورتبعدةسفهکی", least: 58 },
    Model {
        script: Script::Thai, common: "านรกอเง่ยมลวัดท้ีติสะปบคหแจ", least: 65
    },
    Model { script: Script::Han, common: COMMON_HAN, least: 28 },
    Model { script: Script::Hangul, common: COMMON_HANGUL, least: 30 },
];

const COMMON_HAN: &str = "\
    的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种\
    事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第\
    公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合\
    回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总\
    何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听\
    白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带\
    導爭運這個們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實軍無它與長機關點業將兩間問並應戰頭體見產話給門\
    兒東聲員論處義幾認條係氣題爾別變總電數報結務場計資統區隊決馬書則聽卻達強難權設記類據邊張該規萬覺術領確傳師觀讓識帶";
const COMMON_HANGUL: &str = "\
    이다는의에을가고하지은로사한도를기시대일자정부인수해보장전리서아국원들있었어했나제상라그민주구조과으만면지성공동\
    경치연유스것선여중소적진방회화문당년월위세미신무관생오개업용트비계할된말라게마모오내등까실";

/// The script that a text is prose of; none where it is none of those known here, or no prose. Letters of ASCII
/// are passed over, wherever they stand.
pub(crate) fn script_of(text: &str) -> Option<Script> {
    let text = &text[..text.floor_char_boundary(WINDOW)];
    let mut counts = [0_usize; 8];
    let (mut others, mut signs) = (0, 0);
    for c in text.chars() {
        if !c.is_ascii() {
            match script(c) {
                Some(script) => counts[script as usize] += 1,
                None if is_odd(c) => return None,
                None if c.is_alphabetic() => others += 1,
                None if is_drawing(c) => signs += 1,
                None => {}
            }
        }
    }
    let of = |script: Script| counts[script as usize];
    let letters: usize = counts.iter().sum();
    if letters < LEAST_LETTERS || others * 20 > letters || signs * 50 > letters || Case::of(text).is_broken() {
        return None;
    }
    let east = of(Script::Han) + of(Script::Kana);
    // Chinese quotes a kana, Japanese is full of them.
    if east * 20 > letters * 19 && of(Script::Kana) * 4 > east {
        let hiragana = text.chars().filter(|c| matches!(c, 'ぁ'..='ゖ')).count();
        return (hiragana * 5 > east).then_some(Script::Kana);
    }
    let model = MODELS.iter().find(|model| of(model.script) * 20 > letters * 19)?;
    let mut common = 0;
    let mut different: Vec<char> = Vec::new();
    for c in text.chars().filter(|&c| script(c) == Some(model.script)) {
        let c = c.to_lowercase().next().unwrap_or(c);
        common += usize::from(model.common.contains(c));
        if different.len() < LEAST_DIFFERENT && !different.contains(&c) {
            different.push(c);
        }
    }
    let is_prose = common * 100 >= of(model.script) * model.least && different.len() == LEAST_DIFFERENT;
    is_prose.then_some(model.script)
}

/// The letters of a text that are frequent in Cyrillic, of a hundred.
pub(crate) fn cyrillic(text: &str) -> usize {
    let is_common = |c: char| c.to_lowercase().any(|c| MODELS[0].common.contains(c));
    let common = text.chars().filter(|&c| !c.is_ascii() && is_common(c)).count();
    common * 100 / text.chars().filter(|&c| !c.is_ascii() && c != '\u{A0}').count().max(1)
}

/// How capitals stand in a text, of all scripts but that of ASCII.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Case {
    upper: usize,
    lower: usize,
    /// Letters beside letters.
    pairs: usize,
    /// Capitals after small letters, and signs beyond ASCII between letters.
    pub breaks: usize,
}

impl Case {
    /// Counts a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut case = Self::default();
        let (mut before, mut last) = (' ', ' ');
        for c in text.chars() {
            if !c.is_ascii() {
                case.upper += usize::from(c.is_uppercase());
                case.lower += usize::from(c.is_lowercase());
                case.pairs += usize::from(last.is_alphabetic() && c.is_alphabetic());
                case.breaks += usize::from(last.is_lowercase() && c.is_uppercase());
                let is_sign = !last.is_ascii() && !last.is_alphabetic() && last != '\u{AD}' && last != '’';
                let inside = is_sign && before.is_alphabetic() && c.is_alphabetic();
                case.breaks += usize::from(inside && (c.is_lowercase() || c.is_uppercase()));
            }
            (before, last) = (last, c);
        }
        case
    }

    /// Whether it is as no prose has it: capitals are most, or stand after small letters.
    pub(crate) const fn is_broken(self) -> bool {
        self.upper > self.lower || self.breaks * 25 > self.pairs
    }
}

/// The script of a letter, or of a mark that belongs to letters.
fn script(c: char) -> Option<Script> {
    Some(match c {
        '\u{370}'..='\u{3FF}' if c.is_alphabetic() => Script::Greek,
        '\u{400}'..='\u{52F}' => Script::Cyrillic,
        '\u{5D0}'..='\u{5EA}' => Script::Hebrew,
        '\u{620}'..='\u{64A}' | '\u{671}'..='\u{6D3}' => Script::Arabic,
        '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E4E}' => Script::Thai,
        '\u{4E00}'..='\u{9FFF}' => Script::Han,
        '\u{3041}'..='\u{30FA}' | 'ー' => Script::Kana,
        '\u{AC00}'..='\u{D7A3}' => Script::Hangul,
        _ => return None,
    })
}

/// What no text holds: control characters, private ones, what stands for bytes that were lost.
pub(crate) const fn is_odd(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FFF0}'..='\u{FFFF}')
        || c > '\u{3FFFF}'
}

const fn is_drawing(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{25FF}')
}
