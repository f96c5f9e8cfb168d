/* clipper: the search page, which shows what find.js finds. */
"use strict";
(() => {
  const PAGE = 20; // results shown at once
  const CHECKED = 80; // results whose words are looked at for a phrase
  const { open, words, terms, parsed, matching, dates, facets, rowsOf, shown, holds } = globalThis.clipperFind;
  const byId = (id) => document.getElementById(id);
  const form = byId("search");
  const box = byId("q");
  const list = byId("results");
  let index;
  let turn = 0; // which search is the latest: what an earlier one finds is not shown any more
  let everywhere = false; // whether all filters are counted, however many files it takes
  let uncounted = true;

  // -- what a result looks like --------------------------------------------------------------------------------------

  const number = (value) => value.toLocaleString("en-GB");
  const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
  const MONTHS = "January February March April May June July August September October November December".split(" ");

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function humanDate(published) {
    const [year, month, day] = published.split("-");
    return [day && Number(day), MONTHS[month - 1], year || "no date"].filter(Boolean).join(" ");
  }

  /** A text with the words marked that were asked for. */
  function marked(text, parts) {
    const wanted = parts.filter((part) => !part.no);
    const hit = (word) => words(word).some((one) => wanted.some((part) =>
      part.begins ? one.startsWith(part.begins) : terms(one).some((term) => part.term === term || part.ways?.includes(term)) && !index.stop.has(one)));
    const pieces = text.split(/([\p{L}\p{N}](?:[\p{L}\p{N}\p{M}.,'’]*[\p{L}\p{N}\p{M}])?)/u);
    return pieces.filter(Boolean).map((piece) => (/^[\p{L}\p{N}]/u.test(piece) && hit(piece) ? element("mark", {}, piece) : piece));
  }

  function card(row, copies, parts, unsure) {
    const [href, title, outlet, published, themes, excerpt] = row;
    const facts = element("p", { class: "facts" }, outlet, outlet ? " · " : "");
    facts.append(published ? element("time", { datetime: published }, humanDate(published)) : "no date");
    if (copies) facts.append(` · ${copies} more ${copies === 1 ? "copy" : "copies"}`);
    const made = element("li", { class: "card" }, element("h3", {}, element("a", { href }, ...marked(title || "[no title]", parts))), facts);
    if (excerpt) made.append(element("p", { class: "excerpt" }, ...marked(excerpt, parts)));
    if (unsure) made.append(element("p", { class: "note" }, "It has the words; whether they stand side by side cannot be seen here."));
    if (themes.length) {
      made.append(element("ul", { class: "themes", "aria-label": "Themes" }, ...themes.map((key) =>
        element("li", {}, element("a", { href: `themes/${encodeURIComponent(key)}/index.html` }, index.names.get(key) ?? key)))));
    }
    return made;
  }

  // -- the form and the address --------------------------------------------------------------------------------------

  const FIELDS = ["q", "theme", "outlet", "from", "to", "sort"];

  function asked() {
    const given = new URLSearchParams(location.search);
    const state = Object.fromEntries(FIELDS.map((key) => [key, given.get(key) ?? ""]));
    return { ...state, page: Math.max(1, Math.floor(Number(given.get("page"))) || 1) };
  }

  function address(state) {
    const given = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) if (value && !(key === "page" && value < 2)) given.set(key, value);
    return `?${given}`;
  }

  function fill(select, first, entries, chosen) {
    const options = entries.map(([value, name, count]) => [value, `${name} (${number(count)})`]);
    if (chosen && !options.some(([value]) => value === chosen)) options.push([chosen, `${index.names.get(chosen) ?? chosen} (0)`]);
    select.replaceChildren(...[["", first], ...options].map(([value, name]) => element("option", { value }, name)));
    select.value = chosen;
  }

  function fillAll(state, counts) {
    const of = (kind, value, all) => (counts ? (counts[kind].get(value) ?? 0) : all);
    const left = (entries, kind) => entries.map(([value, name, all]) => [value, name, of(kind, value, all)]).filter((entry) => entry[2]);
    const years = index.years.filter(([year]) => year).map(([year, count]) => [String(year), String(year), count]);
    fill(byId("theme"), "all themes", left(index.themes, "themes"), state.theme);
    fill(byId("outlet"), "all outlets", left(index.outlets.map(([name, count]) => [name, name || "[no outlet]", count]).filter(([name]) => name), "outlets"), state.outlet);
    fill(byId("from"), "any year", left(years, "years"), state.from);
    fill(byId("to"), "any year", left(years, "years"), state.to);
    byId("sort").value = state.sort;
  }

  // -- searching -----------------------------------------------------------------------------------------------------

  /** Those of the candidates that the filters let through, and how many each filter would. */
  async function chosen(state, found, rows) {
    const numbers = [...found.keys()].filter((one) => rows.has(one));
    const known = state.theme || state.outlet || everywhere || new Set(numbers.map((one) => one >> index.bits[1])).size < 5;
    const facet = known ? await rowsOf(numbers, index.bits[1], facets) : new Map();
    const counts = known ? { themes: new Map(), outlets: new Map(), years: new Map() } : null;
    const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
    const kept = numbers.filter((one) => {
      const { year } = rows.get(one);
      const { outlet, themes } = facet.get(one) ?? { outlet: "", themes: [] };
      const inYears = (!state.from || year >= state.from) && (!state.to || (year && year <= state.to));
      const inOutlet = !state.outlet || outlet === state.outlet;
      const inTheme = !state.theme || themes.includes(state.theme);
      if (counts && inYears && inOutlet) for (const theme of themes) count(counts.themes, theme);
      if (counts && inYears && inTheme) count(counts.outlets, outlet);
      if (counts && inOutlet && inTheme) count(counts.years, String(year));
      return inYears && inOutlet && inTheme;
    });
    return { kept, counts };
  }

  /** One article of each story, in order; how many more there are of it. */
  function withoutCopies(numbers, rows) {
    const firsts = new Map();
    return numbers.filter((one) => {
      const { story } = rows.get(one);
      if (!story) return true;
      firsts.set(story, (firsts.get(story) ?? -1) + 1);
      return firsts.get(story) === 0;
    }).map((one) => [one, firsts.get(rows.get(one).story) ?? 0]);
  }

  async function find(state, mine) {
    const parts = parsed(state.q);
    const filtered = state.theme || state.outlet || state.from || state.to;
    if (!parts.some((part) => !part.no) && !filtered) {
      fillAll(state, null);
      clear();
      return say(state.q.trim() ? "These words are in nearly every article, or there are none. Please add another." : `${counted(index.articles, "article")} can be searched.`);
    }
    const found = await matching(parts);
    const rows = await rowsOf([...found.keys()], index.bits[1], dates);
    const { kept, counts } = await chosen(state, found, rows, everywhere);
    const newest = (a, b) => rows.get(b).day - rows.get(a).day || b - a;
    const oldest = (a, b) => (rows.get(a).day || Infinity) - (rows.get(b).day || Infinity) || a - b;
    kept.sort(state.sort === "oldest" ? oldest : state.sort === "newest" ? newest : (a, b) => found.get(b) - found.get(a) || newest(a, b));
    let results = state.outlet ? kept.map((one) => [one, 0]) : withoutCopies(kept, rows);
    const phrases = parts.filter((part) => part.phrase);
    const unsure = new Set();
    if (phrases.length) {
      const first = results.slice(0, CHECKED);
      const texts = await shown(first.map(([one]) => one));
      const held = (one, part) => texts.has(one) && holds(texts.get(one), part.phrase);
      results = results.filter(([one]) => !phrases.some((part) => part.no && held(one, part)));
      for (const [one] of results) if (!phrases.every((part) => part.no || held(one, part))) unsure.add(one);
      results = [...results.filter(([one]) => !unsure.has(one)), ...results.filter(([one]) => unsure.has(one))];
    }
    const pages = Math.max(1, Math.ceil(results.length / PAGE));
    const page = Math.min(state.page, pages);
    const here = results.slice((page - 1) * PAGE, page * PAGE);
    const texts = await shown(here.map(([one]) => one));
    if (mine !== turn) return;
    fillAll(state, counts);
    uncounted = !counts;
    list.start = (page - 1) * PAGE + 1;
    list.replaceChildren(...here.filter(([one]) => texts.has(one)).map(([one, copies]) => card(texts.get(one), copies, parts, unsure.has(one))));
    byId("found").hidden = !here.length;
    turnPages(state, page, pages);
    say(summary(results.length, unsure.size, page, pages));
    hint(state, parts, results.length);
  }

  function summary(count, unsure, page, pages) {
    if (!count) return "No article found.";
    const sure = unsure ? `, ${number(count - unsure)} of them surely with the words side by side` : "";
    return `${counted(count, "article")} found${sure}${pages > 1 ? `: page ${number(page)} of ${number(pages)}` : ""}.`;
  }

  const say = (text) => { byId("status").textContent = text; };

  function clear() {
    list.replaceChildren();
    byId("pages").replaceChildren();
    byId("hint").replaceChildren();
    byId("found").hidden = true;
  }

  function hint(state, parts, count) {
    const lines = [];
    const field = /(?:^|[\s(-])(?:title|outlet|author|theme|source|kind|coder|since|until|date|partial|id|url):\S|[()~]|\b(?:OR|AND|NOT)\b/.exec(state.q);
    if (field) lines.push("Fields, brackets, ~, OR, AND and NOT are known to clipper’s own search, not to this one.");
    const unknown = count ? null : parts.find((part) => part.term && !part.no && !part.entries.length);
    if (unknown) {
      const shorter = unknown.term.slice(0, Math.max(2, unknown.term.length - 2)) + "*";
      const link = element("a", { href: address({ ...state, q: shorter, page: 1 }) }, shorter);
      lines.push(element("span", {}, `No article has the word “${unknown.term}…”. Try `, link, ", all words that begin so."));
    }
    byId("hint").replaceChildren(...lines.flatMap((line) => [line, " "]));
  }

  function turnPages(state, page, pages) {
    const links = [];
    if (page > 1) links.push(element("a", { rel: "prev", href: address({ ...state, page: page - 1 }) }, "Previous page"));
    if (page < pages) links.push(element("a", { rel: "next", href: address({ ...state, page: page + 1 }) }, "Next page"));
    byId("pages").replaceChildren(...links);
  }

  /** Show what the address asks for. */
  async function show() {
    const mine = ++turn;
    const state = asked();
    box.value = state.q;
    document.title = (state.q ? `${state.q} – ` : "") + form.dataset.title;
    say("Searching…");
    try {
      index = await open();
      await find(state, mine);
    } catch (error) {
      if (mine !== turn) return;
      clear();
      say(`A part of the index could not be read (search/${error.message}.js). Is the site whole?`);
    }
  }

  async function go(where) {
    history.pushState(null, "", where);
    await show();
  }

  function typed() {
    return Object.fromEntries(FIELDS.map((key) => [key, form.elements[key].value.trim()]));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(address(typed()));
  });
  byId("filters").addEventListener("change", () => go(address(typed())));
  byId("filters").addEventListener("focusin", () => {
    everywhere = true;
    if (uncounted) show();
  });
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("#pages a, #hint a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    await go(link.getAttribute("href"));
    byId("found").focus();
  });
  document.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("h3 a")];
    const at = links.indexOf(document.activeElement);
    if (document.activeElement !== box && at < 0) return;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Escape: -1 }[event.key];
    if (next === undefined || (at < 0 && next < 0)) return;
    event.preventDefault();
    (links[next] ?? (next < 0 ? box : links[at]))?.focus();
  });
  addEventListener("popstate", () => show());
  show();
})();
