/* clipper: finds articles in the index in search/, whose parts are small scripts so that it works from files too. */
"use strict";
(() => {
  const WORTH = [1, 1.4, 2.5, 3]; // of a word: once in the text, more often, in the title, in both
  const SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  const stem = globalThis.clipperStem;
  let index;

  // -- files ---------------------------------------------------------------------------------------------------------

  const files = new Map();
  const arrived = new Map();
  globalThis.clipperIndex = (name, data) => arrived.set(name, data);

  function load(name) {
    if (!files.has(name)) {
      files.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `search/${name}.js`;
        script.onload = () => {
          script.remove();
          if (arrived.has(name)) resolve(arrived.get(name));
          else reject(new Error(name));
        };
        script.onerror = () => {
          script.remove();
          files.delete(name);
          reject(new Error(name));
        };
        document.head.append(script);
      }));
    }
    return files.get(name);
  }

  function* unpacked(text) {
    let value = 0;
    let scale = 1;
    for (const sign of text) {
      const bits = SIGNS.indexOf(sign);
      value += (bits & 31) * scale;
      scale *= 32;
      if (bits < 32) {
        yield value;
        value = 0;
        scale = 1;
      }
    }
  }

  const fileName = (text) =>
    "w-" + Array.from(text, (c) => (/[a-z0-9]/.test(c) ? c : `-${c.codePointAt(0).toString(16)}-`)).join("");

  // -- words ---------------------------------------------------------------------------------------------------------

  const british = (word) => word.replaceAll("iz", "is").replaceAll("yz", "ys");
  const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ŧ: "t", ı: "i", ŋ: "n", ə: "a", ƒ: "f" };
  const folded = (word) => british(
    word.replace(/[ĳſǆǉǌǳ²³¹\u2070-\u209c\ufb00-\ufb06]/g, (c) => c.normalize("NFKD"))
      .normalize("NFD").replace(/([a-zæøœ])\p{M}+/gu, "$1")
      .replace(/[ßæœøłđðþħŧıŋəƒ]/g, (c) => LETTERS[c]).normalize("NFC"));

  /** The words of a text as the index has them, but for their endings. */
  function words(text) {
    const plain = british(text.normalize("NFC").toLowerCase())
      .replace(/[’‘]/g, "'")
      .replaceAll("\u00ad", "")
      .replace(/[£$€¥]/g, " $& ")
      .replace(/(?<=\d)\.(?=\d)/g, "\u0001")
      .replace(/(?<=\d),(?=\d{3}(?!\d))/g, "")
      .replace(/(?<=[\p{L}\p{N}])'(?=(?:s|t|d|m|re|ve|ll)(?![\p{L}\p{N}]))/gu, "");
    return (plain.match(/[\p{L}\p{N}\u0001£$€¥]+/gu) ?? []).map((word) => folded(word.replaceAll("\u0001", ".")));
  }

  const cut = (word) => Array.from(word).slice(0, index.longest).join("");

  /** The words of a text as the index has them. */
  const terms = (text) => words(text).map((word) => stem(cut(word)));

  /** What a query asks for: parts that must be there, or must not, each a word, a beginning or a phrase. */
  function parsed(query) {
    const parts = [];
    for (const [, no, phrase, bare] of query.matchAll(/(-(?=\S))?(?:["“”]([^"“”]*)["“”]?|([^\s"“”]+))/gu)) {
      const found = words(phrase ?? bare).map(cut);
      const begins = phrase === undefined && bare.endsWith("*") && found.length > 0;
      const last = begins ? found.pop() : null;
      const all = found.map((word) => stem(word));
      const kept = all.map((term, i) => i).filter((i) => !index.stop.has(found[i]));
      // Words side by side may be written as one: the index has health_care of an article with healthcare.
      const both = all.slice(1).map((term, i) => `${all[i]}_${term}`);
      const one = all.length === 2 ? [stem(cut(found.join("")))] : [];
      for (const i of kept) {
        const ways = [...both.slice(Math.max(0, i - 1), i + 1), ...(phrase === undefined ? one : [])];
        if (!no) parts.push({ no: false, term: all[i], ways });
        else if (kept.length === 1) parts.push({ no: true, term: all[i], ways: [] });
      }
      if (begins && last.length > 1) parts.push({ no: !!no, begins: last });
      if ((phrase !== undefined || no) && all.length > 1) parts.push({ no: !!no, phrase: [all, ...one.map((term) => [term])] });
    }
    return parts;
  }

  // -- finding -------------------------------------------------------------------------------------------------------

  function leafOf(term) {
    const letters = Array.from(term);
    for (let end = 0; end <= letters.length; end++) {
      const beginning = letters.slice(0, end).join("");
      if (index.leaves.has(beginning)) return beginning;
    }
    return index.leaves.has(term + "=") ? term + "=" : null;
  }

  const entryOf = (file, term) => (Object.hasOwn(file, term) ? [[term, file[term]]] : []);

  /** What the index knows of a part: words with their postings, or with the blocks that hold these. */
  async function known(part) {
    if (part.term) {
      const found = await Promise.all([part.term, ...part.ways].map(async (term) => {
        const leaf = leafOf(term);
        return leaf === null ? [] : entryOf(await load(`w/${fileName(leaf)}`), term);
      }));
      return found.flat();
    }
    const leaves = [...index.leaves].filter((leaf) => leaf.startsWith(part.begins) || part.begins.startsWith(leaf));
    const found = await Promise.all(leaves.map((leaf) => load(`w/${fileName(leaf)}`)));
    const all = found.flatMap((file) => Object.entries(file));
    const here = all.filter(([term]) => term.startsWith(part.begins));
    // The index has stems: of private it has privat, which does not begin with private, but belongs to it.
    const own = stem(part.begins);
    if (!own.startsWith(part.begins)) here.push(...await known({ term: own, ways: [] }));
    if (here.length) return here;
    const shorter = all.filter(([term]) => term.length > 3 && term.length > part.begins.length - 6 && part.begins.startsWith(term));
    return shorter.sort(([a], [b]) => b.length - a.length).slice(0, 1);
  }

  const frequency = (entries) =>
    entries.reduce((sum, [, what]) => sum + (typeof what === "string" ? what.length / 2 : what[0]), 0);

  /** The articles of a part with their weights; of frequent words only where there are candidates. */
  async function postings(entries, candidates) {
    const blocks = candidates && new Set(Array.from(candidates.keys(), (number) => number >> index.bits[2]));
    const texts = await Promise.all(entries.flatMap(([term, what]) => {
      if (typeof what === "string") return [what];
      return what.slice(1).filter((block) => !blocks || blocks.has(block)).map((block) => load(`p/${fileName(term)}/${block}`));
    }));
    const found = new Map();
    for (const text of texts) {
      let number = -1;
      for (const step of unpacked(text)) {
        number += Math.floor(step / 4) + 1;
        const weight = step % 4;
        if ((!candidates || candidates.has(number)) && !(found.get(number) >= weight)) found.set(number, weight);
      }
    }
    return found;
  }

  /** The articles that match, with their scores; null where nothing but a filter was asked for. */
  async function matching(parts) {
    const asked = parts.filter((part) => !part.phrase);
    await Promise.all(asked.map(async (part) => { part.entries = await known(part); }));
    const wanted = asked.filter((part) => !part.no).sort((a, b) => frequency(a.entries) - frequency(b.entries));
    let found = null;
    for (const part of wanted) {
      const here = await postings(part.entries, found);
      const rare = Math.log(1 + index.articles / Math.max(1, frequency(part.entries)));
      const scores = new Map();
      for (const [number, weight] of here) scores.set(number, (found?.get(number) ?? 0) + rare * WORTH[weight]);
      found = scores;
    }
    if (found === null) found = await everything();
    for (const part of asked.filter((one) => one.no)) {
      for (const number of (await postings(part.entries, found)).keys()) found.delete(number);
    }
    return found;
  }

  async function everything() {
    const found = new Map();
    for (const chunk of index.chunks) for (const number of (await dates(chunk)).keys()) found.set(number, 0);
    return found;
  }

  async function dates(chunk) {
    const [first, text, stories] = await load(`c/${chunk}`);
    const rows = new Map();
    let number = first - 1;
    let day = 0;
    const values = unpacked(text);
    for (const gap of values) {
      const step = values.next().value;
      number += gap + 1;
      day += step % 2 ? -(step + 1) / 2 : step / 2;
      rows.set(number, { day, year: Math.floor(day / 416), story: stories[number] || 0 });
    }
    return rows;
  }

  async function facets(chunk) {
    const [first, outlets, sets, text] = await load(`f/${chunk}`);
    const rows = new Map();
    let number = first - 1;
    const values = unpacked(text);
    for (const gap of values) {
      number += gap + 1;
      rows.set(number, { outlet: outlets[values.next().value], themes: sets[values.next().value] });
    }
    return rows;
  }

  /** Rows of d/, c/ or f/ for some articles. What a newer site has moved is left out. */
  async function rowsOf(numbers, bits, read) {
    const wanted = [...new Set(numbers.map((number) => number >> bits))];
    const rows = new Map();
    for (const part of await Promise.all(wanted.map(read))) for (const [number, row] of part) rows.set(number, row);
    return rows;
  }

  const shown = (numbers) => rowsOf(numbers, index.bits[0], async (block) =>
    Object.entries(await load(`d/${block >> 8}/${block & 255}`)).map(([number, row]) => [Number(number), row]));

  /** Whether title or excerpt shows a phrase, in one of the ways in which it is written. */
  function holds(row, phrase) {
    const texts = [row[1], row[5]].map((text) => ` ${terms(text).join(" ")} `);
    return texts.some((text) => phrase.some((way) => text.includes(` ${way.join(" ")} `)));
  }

  async function open() {
    if (index) return index;
    const data = await load("index");
    index = { ...data, leaves: new Set(data.leaves.split(" ")), stop: new Set(data.stop.split(" ")), names: new Map(data.themes) };
    return index;
  }

  globalThis.clipperFind = { open, words, terms, parsed, matching, dates, facets, rowsOf, shown, holds };
})();
