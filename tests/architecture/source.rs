//! The Rust sources of the repository, read as items.
//!
//! Owns: what a rule may look at: the tokens of a file without its tests, the paths it names, and its comments. Must
//! not: know a rule.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree};

/// One file of Rust.
pub(crate) struct Source {
    /// The path below the root of the repository, such as `src/base/clock.rs`.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// What is not a test, token by token; what stands in groups and macros too.
    pub(crate) tokens: Vec<String>,
    /// The paths that `use` declarations name, each written out in full; `use a::{b, c}` is two.
    pub(crate) uses: Vec<Vec<String>>,
}

impl Source {
    /// Reads one file.
    pub(crate) fn read(root: &Path, file: &Path) -> Source {
        let text = fs::read_to_string(file).unwrap();
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Source::parse(path, text)
    }

    /// Reads a file's text.
    pub(crate) fn parse(path: String, text: String) -> Source {
        let mut file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        file.items.retain_mut(keep);
        let mut uses = Vec::new();
        imports(&file.items, &mut uses);
        let mut tokens = Vec::new();
        for item in &file.items {
            flatten(item.to_token_stream(), &mut tokens);
        }
        Source { path, text, tokens, uses }
    }

    /// The items that are no tests.
    pub(crate) fn items(&self) -> syn::File {
        let mut file = syn::parse_file(&self.text).unwrap();
        file.items.retain_mut(keep);
        file
    }

    /// The same file with other items.
    pub(crate) fn with(&self, file: &syn::File) -> Source {
        Source::parse(self.path.clone(), file.to_token_stream().to_string())
    }

    /// Whether the code names this path, in an import or in full: `std::time`, or a single word such as `Mutex`.
    pub(crate) fn names(&self, path: &str) -> bool {
        let wanted: Vec<&str> = path.split("::").collect();
        let written: Vec<&str> = path.split("::").flat_map(|part| ["::", part]).skip(1).collect();
        let within =
            |words: &[String], wanted: &[&str]| words.windows(wanted.len()).any(|window| window == wanted);
        self.uses.iter().any(|import| within(import, &wanted)) || within(&self.tokens, &written)
    }

    /// How many functions with a body the text has outside of tests, counted by its lines.
    pub(crate) fn functions(&self) -> usize {
        // How the test ends in whose lines we are: rustfmt puts the last brace below the attribute.
        let mut end = None;
        let mut functions = 0;
        for line in self.text.lines() {
            let words = line.trim_start();
            if words == "#[cfg(test)]" && end.is_none() {
                end = Some(format!("{}}}", &line[..line.len() - words.len()]));
            } else if end.as_deref() == Some(line)
                || (end.is_some() && line.starts_with("mod ") && line.ends_with(';'))
            {
                end = None;
            }
            let opens = words.trim_start_matches("pub ").starts_with("fn ") && line.ends_with('{');
            functions += usize::from(opens && end.is_none());
        }
        functions
    }

    /// How many lines the file has before its tests at the foot.
    pub(crate) fn lines_without_tests(&self) -> usize {
        let foot = self.text.lines().position(|line| line == "#[cfg(test)]");
        foot.unwrap_or_else(|| self.text.lines().count())
    }
}

/// Every Rust file below a folder of the repository, in the order of their paths. Each is read once.
pub(crate) fn sources_in(folder: &str) -> Vec<&'static Source> {
    static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = files_in(root, &["rs"]);
        // The simulators are tests; their own folders are declared as such.
        files.retain(|file| {
            !["src/router/sim", "src/cluster/sim"].iter().any(|sim| file.starts_with(root.join(sim)))
        });
        files.iter().map(|file| Source::read(root, file)).collect()
    });
    let folder = Path::new(folder);
    let found: Vec<_> = ALL.iter().filter(|source| Path::new(&source.path).starts_with(folder)).collect();
    assert!(!found.is_empty(), "{} has no sources", folder.display());
    found
}

/// Every file below a folder that has one of these extensions. What others wrote or a tool made is left out.
pub(crate) fn files_in(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !["node_modules", "target", "dist", "artifacts", "corpus"].contains(&name) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{} has no such files", folder.display());
    found.sort();
    found
}

/// Drops an item that is there for tests only, and from the others what is.
#[allow(clippy::wildcard_enum_match_arm, reason = "the language may get more items; those are kept")]
fn keep(item: &mut Item) -> bool {
    match item {
        Item::Mod(module) => {
            if let Some((_, items)) = &mut module.content {
                items.retain_mut(keep);
            }
            !is_test(&module.attrs)
        }
        Item::Impl(block) => {
            block.items.retain(|item| match item {
                syn::ImplItem::Fn(function) => !is_test(&function.attrs),
                syn::ImplItem::Const(constant) => !is_test(&constant.attrs),
                _ => true,
            });
            !is_test(&block.attrs)
        }
        Item::Fn(item) => !is_test(&item.attrs),
        Item::Use(item) => !is_test(&item.attrs),
        Item::Const(item) => !is_test(&item.attrs),
        Item::Static(item) => !is_test(&item.attrs),
        Item::Struct(item) => !is_test(&item.attrs),
        Item::Enum(item) => !is_test(&item.attrs),
        Item::Type(item) => !is_test(&item.attrs),
        _ => true,
    }
}

/// Whether an item is compiled for tests only: `cfg(test)`, or `cfg(all(test, …))`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let mut words = Vec::new();
        flatten(attribute.meta.to_token_stream(), &mut words);
        let has = |word: &str| words.iter().any(|found| found == word);
        (has("test") || has("loom")) && !has("not") && !has("any")
    })
}

/// The imports of these items, and of functions and modules within them.
fn imports(items: &[Item], found: &mut Vec<Vec<String>>) {
    struct Uses<'a>(&'a mut Vec<Vec<String>>);
    impl syn::visit::Visit<'_> for Uses<'_> {
        fn visit_item_use(&mut self, item: &syn::ItemUse) {
            spell(&item.tree, &mut Vec::new(), self.0);
        }
    }
    for item in items {
        syn::visit::Visit::visit_item(&mut Uses(found), item);
    }
}

/// Writes each path of a tree of imports in full.
pub(crate) fn spell(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            spell(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        UseTree::Rename(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        UseTree::Glob(_) => found.push([&before[..], &["*".to_owned()]].concat()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| spell(tree, before, found)),
    }
}

/// Writes tokens one after the other; `::` is one.
fn flatten(stream: TokenStream, found: &mut Vec<String>) {
    let mut colon = false;
    for token in stream {
        let is_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        match token {
            TokenTree::Group(group) => flatten(group.stream(), found),
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Punct(_) if is_colon && colon => {
                found.pop();
                found.push("::".to_owned());
            }
            TokenTree::Punct(punct) => found.push(punct.as_char().to_string()),
            // A word in a string or in documentation is no code.
            TokenTree::Literal(_) => found.push("literal".to_owned()),
        }
        colon = is_colon && found.last().is_some_and(|last| last == ":");
    }
}
