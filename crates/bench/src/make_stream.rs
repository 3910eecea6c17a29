//! `make-stream`: articles in the templates of their sites, in the order of a few weeks, with what is article in each.
//!
//! Everything is made of word lists and a seed, so that the truth is known to the line. What makes learning hard is in
//! it, each in a known share:
//!
//! - every site has a template of its own: menus, a strip with a number that changes, a box in mid-body, a heading with
//!   teasers of other articles that change, a footer; none of the words are in the cleaner's phrase lists;
//! - **stock paragraphs**: a house background inside the body and a stock closing at its end, in many articles of a
//!   site, and subheadings that recur in some. They belong to the article;
//! - one article in seven is a **wire story** that two to five sites print, each in its own template;
//! - halfway through, every second site has a **redesign**;
//! - one article in twelve does not say its site.
//!
//! Output: `stream.jsonl` (what `predict stream` takes), `plain.json` (the same for `predict plain`, which does not
//! learn), `truth.json` (what `score-stream` takes).

use std::collections::BTreeMap;
use std::fs::{create_dir_all, write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Options of `make-stream`.
#[derive(Args, Debug)]
pub struct Options {
    /// How many articles, reprints included.
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub articles: usize,
    /// How many sites.
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub sites: usize,
    /// How many articles a day has.
    #[arg(long, value_name = "N", default_value_t = 150)]
    pub a_day: usize,
    /// Where the files are written.
    #[arg(long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Decides the draw.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// What is known of one article.
#[derive(Debug, Serialize, Deserialize)]
pub struct Truth {
    /// Its place in the stream, from 0.
    pub position: usize,
    /// The article without its title: paragraphs and subheadings.
    pub body: Vec<String>,
    /// Those of them that recur on the site.
    pub stock: Vec<String>,
    /// Its title.
    pub title: String,
    /// Whether it says its site.
    pub knows_site: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    site: Option<&'a str>,
    day: String,
    text: &'a str,
}

/// Words of one language.
struct Words {
    people: &'static [&'static str],
    places: &'static [&'static str],
    bodies: &'static [&'static str],
    deeds: &'static [&'static str],
    things: &'static [&'static str],
    ends: &'static [&'static str],
    /// Says who did what to what, where and when: `{who}` and so on.
    sentences: &'static [&'static str],
    labels: &'static [&'static str],
    subheadings: &'static [&'static str],
    stock: &'static [&'static str],
    /// Between sentences.
    gap: &'static str,
}

const ENGLISH: Words = Words {
    people: &["Ada Lund", "Omar Haddad", "Ingrid Solberg", "Tomas Vik", "Paula Ortega", "Samuel Okoye", "Ines Duarte"],
    places: &["Lindvik", "Torsby", "Nordhavn", "Kalmar Bay", "Eastmoor", "Grimsund", "Halden", "Western Quay"],
    bodies: &["the harbour board", "the district court", "the school council", "the grid company", "the fire service"],
    deeds: &["approved", "put off", "criticised", "paid for", "signed", "turned down", "opened an inquiry into"],
    things: &[
        "the new ferry line",
        "the flood wall",
        "the night bus",
        "a second clinic",
        "the fish market",
        "the bridge",
    ],
    ends: &[
        "after three weeks of talks",
        "although costs had doubled",
        "before the summer",
        "against the advice of experts",
    ],
    sentences: &[
        "{who} said in {where} that {body} {deed} {thing} {end}, file {n}.",
        "In {where}, {body} {deed} {thing} {end}, according to paper {n}.",
        "“We never expected this,” {who} told reporters in {where} on the {n}th day, {end}.",
    ],
    labels: &[
        "Front",
        "Town and country",
        "Harbour life",
        "Our letters",
        "Listen in",
        "Puzzles",
        "The boats",
        "Obituaries",
        "Tide tables",
        "Young readers",
        "Saturday pages",
        "House and garden",
        "Night desk",
        "The archive room",
    ],
    subheadings: &["Background", "What comes next", "The reaction", "The numbers"],
    stock: &[
        "{site} has reported on the dispute over the harbour since it began in the spring of 1998, and has published all papers of the court.",
        "Readers who know more about this story can reach the newsroom of {site} by post, and every letter is answered.",
        "The ferry company and the town have been in court for six years. A ruling is expected in the autumn.",
    ],
    gap: " ",
};

const GERMAN: Words = Words {
    people: &["Anna Brandt", "Jonas Keller", "Miriam Vogt", "Emre Aydin", "Karl Seidel"],
    places: &["Altenried", "Neuhafen", "Seebruck", "Oberfeld", "Marktstein", "Waldenau"],
    bodies: &["der Stadtrat", "das Landgericht", "der Hafenbetrieb", "die Feuerwehr", "der Elternbeirat"],
    deeds: &["billigte", "verschob", "kritisierte", "bezahlte", "prüfte", "verwarf"],
    things: &["den neuen Fähranleger", "die Hochwassermauer", "den Nachtbus", "die zweite Klinik", "den Fischmarkt"],
    ends: &["nach drei Wochen voller Gespräche", "obwohl sich die Kosten verdoppelt hatten", "noch vor dem Sommer"],
    sentences: &[
        "{who} sagte in {where}, {body} {deed} {thing} {end}, Akte {n}.",
        "In {where} {deed} {body} {thing} {end}, wie aus Papier {n} hervorgeht.",
    ],
    labels: &[
        "Titelseite",
        "Stadt und Land",
        "Hafenleben",
        "Leserbriefe",
        "Zum Hören",
        "Rätsel",
        "Die Boote",
        "Gezeiten",
        "Junge Leser",
        "Wochenendbeilage",
        "Haus und Garten",
    ],
    subheadings: &["Hintergrund", "Wie es weitergeht", "Die Zahlen"],
    stock: &[
        "{site} berichtet über den Streit um den Hafen seit seinem Beginn im Frühjahr 1998 und hat alle Akten veröffentlicht.",
        "Wer mehr über diese Geschichte weiß, erreicht die Redaktion von {site} per Post, und jeder Brief wird beantwortet.",
    ],
    gap: " ",
};

const CHINESE: Words = Words {
    people: &["李文", "王芳", "陈建国", "赵敏", "周海"],
    places: &["东港", "南河", "西岭", "北湾", "青石镇"],
    bodies: &["港务局", "市议会", "消防队", "电网公司", "法院"],
    deeds: &["批准了", "推迟了", "批评了", "否决了", "审查了"],
    things: &["新的渡轮航线", "防洪墙工程", "夜班公交计划", "第二家诊所", "鱼市改造方案"],
    ends: &["此前会谈持续了三周", "尽管费用已经翻倍", "赶在夏季之前", "不顾专家的反对"],
    sentences: &[
        "{who}在{where}表示，{body}{deed}{thing}，{end}，文件编号{n}。",
        "据第{n}号文件，{where}的{body}{deed}{thing}，{end}。",
    ],
    labels: &[
        "头版要目",
        "城乡见闻",
        "海港生活",
        "读者来信",
        "有声版面",
        "字谜",
        "渔船动态",
        "潮汐表",
        "少年版",
        "周末副刊",
    ],
    subheadings: &["事件背景", "下一步", "各方反应"],
    stock: &[
        "{site}自一九九八年春天以来一直报道港口纠纷，并公布了法院的全部文件。",
        "了解更多情况的读者可以写信给{site}编辑部，每封信都会得到答复。",
    ],
    gap: "",
};

/// One site with its template of the time.
struct Site {
    name: String,
    words: &'static Words,
    design: Design,
    /// Designs it has had.
    designs: usize,
    stock: Vec<String>,
    /// Titles of its last articles, for teasers.
    titles: Vec<String>,
    /// How often it prints, against the others.
    weight: usize,
}

/// A template.
struct Design {
    head: Vec<String>,
    strip: Option<String>,
    middle: Option<String>,
    teasers: Option<String>,
    foot: Vec<String>,
    /// Between the parts: a blank line, or none.
    tight: bool,
}

impl Design {
    fn draw(site: &str, words: &Words, number: usize, random: &mut Random) -> Self {
        let mut labels: Vec<&str> = words.labels.to_vec();
        random.shuffle(&mut labels);
        let mut labels = labels
            .into_iter()
            .map(|label| if number.is_multiple_of(2) { label.to_owned() } else { format!("{label} ›") });
        let mut some = |count: usize| labels.by_ref().take(count).collect::<Vec<_>>();
        let mut head = some(2 + random.below(4));
        if random.below(2) == 0 {
            head.insert(0, format!("{site} {}", number + 1));
        }
        let maybe = |random: &mut Random, line: String| (random.below(3) > 0).then_some(line);
        let design = number + 1;
        Self {
            strip: maybe(random, format!("{{n}} × {} · {site} {design}", words.labels[number % words.labels.len()])),
            middle: maybe(random, format!("▸ {} – {site} {design}", words.labels[(number + 3) % words.labels.len()])),
            teasers: maybe(random, format!("{site}: {}", words.labels[(number + 5) % words.labels.len()])),
            foot: some(1 + random.below(3)).into_iter().chain([format!("{site} · 1998–2024 · {design}")]).collect(),
            tight: random.below(3) == 0,
            head,
        }
    }
}

struct Story {
    title: String,
    paragraphs: Vec<String>,
}

struct Writer {
    random: Random,
    number: usize,
    sites: Vec<Site>,
}

impl Writer {
    fn new(seed: u64, sites: usize) -> Self {
        let mut random = Random::new(seed);
        let sites = (0..sites).map(|at| {
            let words = match at % 6 {
                4 => &GERMAN,
                5 => &CHINESE,
                _ => &ENGLISH,
            };
            let name = format!("{}-{}.example", ["post", "courier", "herald", "dispatch"][at % 4], at + 1);
            let stock = words.stock.iter().map(|line| line.replace("{site}", &name)).collect();
            let design = Design::draw(&name, words, 0, &mut random);
            Site { words, design, designs: 1, stock, titles: Vec::new(), weight: 1 + at % 3, name }
        });
        let sites = sites.collect();
        Self { random, number: 0, sites }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.below(from.len())]
    }

    fn sentence(&mut self, words: &Words) -> String {
        self.number += 1;
        let parts = [
            ("{who}", self.pick(words.people)),
            ("{where}", self.pick(words.places)),
            ("{body}", self.pick(words.bodies)),
            ("{deed}", self.pick(words.deeds)),
            ("{thing}", self.pick(words.things)),
            ("{end}", self.pick(words.ends)),
        ];
        let mut sentence = self.pick(words.sentences).replace("{n}", &self.number.to_string());
        for (name, word) in parts {
            sentence = sentence.replace(name, word);
        }
        sentence
    }

    fn story(&mut self, words: &Words) -> Story {
        let (place, number, thing) = (self.pick(words.places), self.number, self.pick(words.things));
        let title = format!("{place} {number}: {thing}");
        let paragraphs = (0..3 + self.random.below(7)).map(|_| {
            let sentences: Vec<String> = (0..1 + self.random.below(4)).map(|_| self.sentence(words)).collect();
            sentences.join(words.gap)
        });
        Story { title, paragraphs: paragraphs.collect() }
    }

    /// Prints a story in a site's template.
    fn print(&mut self, at: usize, story: &Story) -> (String, Truth) {
        let mut body = story.paragraphs.clone();
        let mut stock = Vec::new();
        let site = &self.sites[at];
        let words = site.words;
        if self.random.below(100) < 25 {
            let line = site.stock[0].clone();
            body.insert(1 + self.random.below(body.len() - 1), line.clone());
            stock.push(line);
        }
        if self.random.below(100) < 8 {
            let line = self.pick(words.subheadings).to_owned();
            body.insert(1 + self.random.below(body.len() - 1), line.clone());
            stock.push(line);
        }
        if self.random.below(100) < 40 {
            let closing = 1 + self.random.below(self.sites[at].stock.len() - 1);
            let line = self.sites[at].stock[closing].clone();
            body.push(line.clone());
            stock.push(line);
        }
        let count = (2 + self.random.below(900)).to_string();
        let teasers: Vec<String> = (0..3)
            .filter_map(|_| {
                let titles = &self.sites[at].titles;
                (!titles.is_empty()).then(|| titles[self.random.below(titles.len())].clone())
            })
            .collect();
        let site = &mut self.sites[at];
        let design = &site.design;
        let mut lines: Vec<String> = design.head.clone();
        lines.push(String::new());
        lines.push(story.title.clone());
        lines.push(String::new());
        lines.extend(design.strip.iter().map(|strip| strip.replace("{n}", &count)));
        for (number, paragraph) in body.iter().enumerate() {
            lines.push(String::new());
            lines.push(paragraph.clone());
            if number == 1 {
                lines.extend(design.middle.iter().flat_map(|middle| [String::new(), middle.clone()]));
            }
        }
        if let Some(heading) = &design.teasers {
            lines.extend([String::new(), heading.clone()]);
            lines.extend(teasers);
        }
        lines.push(String::new());
        lines.extend(design.foot.iter().cloned());
        if design.tight {
            lines.retain(|line| !line.is_empty());
        }
        site.titles.push(story.title.clone());
        if site.titles.len() > 30 {
            site.titles.remove(0);
        }
        let truth = Truth { position: 0, body, stock, title: story.title.clone(), knows_site: true };
        (lines.join("\n"), truth)
    }

    fn draw_site(&mut self) -> usize {
        let total: usize = self.sites.iter().map(|site| site.weight).sum();
        let mut at = self.random.below(total);
        for (number, site) in self.sites.iter().enumerate() {
            if at < site.weight {
                return number;
            }
            at -= site.weight;
        }
        0
    }

    fn redesign(&mut self) {
        for at in (0..self.sites.len()).step_by(2) {
            let site = &self.sites[at];
            let design = Design::draw(&site.name, site.words, site.designs, &mut self.random);
            let site = &mut self.sites[at];
            site.design = design;
            site.designs += 1;
        }
    }
}

/// Makes the stream.
///
/// # Errors
/// Where it can't be written.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let failed = || format!("can't write to {}", options.output.display());
    create_dir_all(&options.output).with_context(failed)?;
    let mut writer = Writer::new(options.seed, options.sites.max(6));
    let (mut lines, mut plain, mut truths) = (String::new(), BTreeMap::new(), BTreeMap::new());
    // Prints that wait for their turn: a wire story appears over a day or two.
    let mut waiting: Vec<(usize, usize, std::rc::Rc<Story>)> = Vec::new();
    for position in 0..options.articles {
        if position == options.articles / 2 {
            writer.redesign();
        }
        let due = waiting.iter().position(|(at, ..)| *at <= position);
        let (site, story) = match due.map(|due| waiting.swap_remove(due)) {
            Some((_, site, story)) => (site, story),
            None => {
                let site = writer.draw_site();
                let story = std::rc::Rc::new(writer.story(writer.sites[site].words));
                if writer.random.below(7) == 0 {
                    for _ in 0..1 + writer.random.below(4) {
                        let other = writer.draw_site();
                        if std::ptr::eq(writer.sites[other].words, writer.sites[site].words) {
                            let later = position + 1 + writer.random.below(2 * options.a_day.max(1));
                            waiting.push((later, other, std::rc::Rc::clone(&story)));
                        }
                    }
                }
                (site, story)
            }
        };
        let (text, mut truth) = writer.print(site, &story);
        let id = format!("{position:06}");
        truth.position = position;
        truth.knows_site = writer.random.below(12) > 0;
        let day = position / options.a_day.max(1);
        let line = Line {
            id: &id,
            site: truth.knows_site.then_some(writer.sites[site].name.as_str()),
            day: format!("2024-{:02}-{:02}", 1 + day / 28 % 12, 1 + day % 28),
            text: &text,
        };
        lines.push_str(&serde_json::to_string(&line)?);
        lines.push('\n');
        plain.insert(id.clone(), text);
        truths.insert(id, truth);
    }
    write(options.output.join("stream.jsonl"), lines).with_context(failed)?;
    write(options.output.join("plain.json"), serde_json::to_vec(&plain)?).with_context(failed)?;
    write(options.output.join("truth.json"), serde_json::to_vec(&truths)?).with_context(failed)?;
    eprintln!("{} articles of {} sites", options.articles, writer.sites.len());
    Ok(())
}
