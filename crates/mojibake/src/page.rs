//! The code pages that UTF-8 is misread as.
//!
//! A page is read *sloppily*: bytes that it leaves unassigned are the C1 control characters of their number, as
//! every lenient decoder does, and any C1 control character is also taken for its byte. Windows-1252 so covers
//! ISO 8859-1 too (the two are one encoding on the web), even where a text mixes them.

/// How many code pages there are.
pub(crate) const COUNT: usize = 10;

/// A code page, by its place in [`PAGES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page(pub u8);

impl Page {
    /// Windows-1252, and ISO 8859-1 with it.
    pub(crate) const WINDOWS_1252: Self = Self(0);

    /// All pages, the most likely first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..COUNT as u8).map(Self)
    }

    /// The page's name (WHATWG's or IANA's label).
    pub(crate) const fn name(self) -> &'static &'static str {
        &PAGES[self.0 as usize].0
    }

    /// The page's bit in a set of pages.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        1 << self.0
    }

    /// Whether lenient Windows decoders made it: only they lose bytes (to U+FFFD, to a question mark).
    #[inline]
    pub(crate) const fn is_windows(self) -> bool {
        self.0 < 6
    }

    /// Whether bytes 0x80 to 0x9F may come out as C1 control characters.
    pub(crate) const fn has_controls(self) -> bool {
        self.0 < 7
    }

    /// Whether the page has a no-break space at 0xA0.
    #[inline]
    pub(crate) const fn has_space(self) -> bool {
        self.0 < 7
    }

    /// Whether the page leaves 0x9D unassigned, the last byte of a closing quotation mark.
    #[inline]
    pub(crate) const fn drops_quotes(self) -> bool {
        matches!(self.0, 0 | 3..=5)
    }

    /// Whether the page was made for a script other than Latin: Cyrillic, Greek.
    pub(crate) const fn is_native(self) -> bool {
        matches!(self.0, 1 | 3)
    }

    /// Whether the page has box drawing, with which tables are drawn.
    #[inline]
    pub(crate) const fn is_dos(self) -> bool {
        self.0 >= 8
    }

    /// Whether a C1 control character stands for a byte that the page has assigned to another character, so that
    /// the page was not read as it is. Windows-1252 is also ISO 8859-1, where none is foreign.
    pub(crate) fn is_foreign(self, c: char) -> bool {
        (1..6).contains(&self.0) && ('\u{80}'..='\u{9F}').contains(&c) && !PAGES[self.0 as usize].1.contains(c)
    }
}

/// What Windows-1252 has in the place of a C1 control character, if anything.
pub(crate) fn named_control(c: char) -> Option<char> {
    let place = (c as usize).checked_sub(0x80).filter(|&place| place < 32)?;
    PAGES[0].1.chars().nth(place).filter(|&named| named != c)
}

/// Names, and the characters of the bytes 0x80 to 0xFF.
pub(crate) static PAGES: [(&str, &str); COUNT] = [
    (
        "windows-1252",
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ\u{A0}¡¢£¤¥¦§¨©ª«¬\u{AD}®¯°±²³´µ¶·¸¹º»¼½¾¿\
         ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
    ),
    (
        "windows-1251",
        "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\u{A0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{AD}®Ї°±Ііґµ¶·ё№є»јЅѕї\
         АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
    ),
    (
        "windows-1250",
        "€\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź\u{A0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{AD}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż\
         ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
    ),
    (
        "windows-1253",
        "€\u{81}‚ƒ„…†‡\u{88}‰\u{8A}‹\u{8C}\u{8D}\u{8E}\u{8F}\u{90}‘’“”•–—\u{98}™\u{9A}›\u{9C}\u{9D}\u{9E}\u{9F}\u{A0}΅Ά£¤¥¦§¨©ª«¬\u{AD}®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏ\
         ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ",
    ),
    (
        "windows-1254",
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}\u{8E}\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}\u{9E}Ÿ\u{A0}¡¢£¤¥¦§¨©ª«¬\u{AD}®¯°±²³´µ¶·¸¹º»¼½¾¿\
         ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ",
    ),
    (
        "windows-1257",
        "€\u{81}‚\u{83}„…†‡\u{88}‰\u{8A}‹\u{8C}¨ˇ¸\u{90}‘’“”•–—\u{98}™\u{9A}›\u{9C}¯˛\u{9F}\u{A0}¡¢£¤¥¦§Ø©Ŗ«¬\u{AD}®Æ°±²³´µ¶·ø¹ŗ»¼½¾æ\
         ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙",
    ),
    (
        "iso-8859-2",
        "\u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8A}\u{8B}\u{8C}\u{8D}\u{8E}\u{8F}\
         \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9A}\u{9B}\u{9C}\u{9D}\u{9E}\u{9F}\
         \u{A0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{AD}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žż\
         ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
    ),
    (
        "macintosh",
        "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
         ¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
    ),
    (
        "ibm437",
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
         └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    ),
    (
        "ibm850",
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
         └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}",
    ),
];

/// Characters that stand for a byte of a page beside the page's own: what another version of it has there.
pub(crate) const ALIASES: [(char, Page, u8); 3] =
    [('¤', Page(7), 0xDB), ('\u{2126}', Page(7), 0xBD), ('β', Page(8), 0xE1)];
