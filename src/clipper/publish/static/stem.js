/* clipper: the stem of an English word by the Porter2 rules, as the index has it. */
"use strict";
(() => {
  const WHOLE = Object.fromEntries(
    ("skis:ski skies:sky idly:idl gently:gentl ugly:ugli early:earli only:onli " +
      "singly:singl sky news howe atlas cosmos bias andes")
      .split(" ")
      .map((pair) => [pair.split(":")[0], pair.split(":")[1] || pair]),
  );
  const SHORN = /^(?:inning|outing|canning|herring|earring|evening|proceed|exceed|succeed)$/;
  const VOWEL = /[aeiouy]/;
  const SHORT = /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouywxY]|past)$/;
  const table = (text) => text.split(" ").map((pair) => pair.split(":"));
  const SECOND = table(
    "ational:ate ization:ize fulness:ful ousness:ous iveness:ive tional:tion biliti:ble lessli:less entli:ent " +
      "ation:ate alism:al aliti:al ousli:ous iviti:ive fulli:ful ogist:og enci:ence anci:ance abli:able izer:ize ator:ate " +
      "alli:al bli:ble ogi:og li:",
  );
  const THIRD = table("ational:ate tional:tion alize:al icate:ic iciti:ic ative: ical:ic ness: ful:");
  const FOURTH = table(
    "ement: ance: ence: able: ible: ment: ant: ent: ism: ate: iti: ous: ive: ize: ion: al: er: ic:",
  );

  /** Where the part of a word begins that follows the first consonant after a vowel, from a place on. */
  const region = (word, from) => {
    const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
    return found ? from + found.index + 2 : word.length;
  };

  globalThis.clipperStem = (given) => {
    if (given.length < 3) return given;
    if (Object.hasOwn(WHOLE, given)) return WHOLE[given];
    let word = given.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
    const special = /^(?:arsen|commun|emerg|gener|inter|later|organ|past|univers)/.exec(word);
    const first = special ? special[0].length : region(word, 0);
    const second = region(word, first);

    if (word.endsWith("sses")) word = word.slice(0, -2);
    else if (/ie[ds]$/.test(word)) word = word.slice(0, word.length > 4 ? -2 : -1);
    else if (/[^us]s$/.test(word) && VOWEL.test(word.slice(0, -2))) word = word.slice(0, -1);
    if (SHORN.test(word)) return word;

    const ending = /(?:eedly|ingly|edly|eed|ing|ed)$/.exec(word);
    if (ending && ending[0].startsWith("ee")) {
      if (ending.index >= first) word = word.slice(0, ending.index) + "ee";
    } else if (ending && VOWEL.test(word.slice(0, ending.index))) {
      word = word.slice(0, ending.index);
      if (/(?:at|bl|iz)$/.test(word)) word += "e";
      else if (/^[^aeiouy]y$/.test(word) && ending[0] === "ing") word = word[0] + "ie";
      else if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(word)) word = /^[aeo]..$/.test(word) ? word : word.slice(0, -1);
      else if (first >= word.length && SHORT.test(word)) word += "e";
    }
    word = word.replace(/(.[^aeiouy])[yY]$/u, "$1i");

    const step = (endings, from, keep) => {
      const found = endings.find(([end]) => word.endsWith(end));
      if (!found) return;
      const rest = word.slice(0, word.length - found[0].length);
      if (rest.length >= from && !keep(found[0], rest)) word = rest + found[1];
    };
    step(SECOND, first, (end, rest) => (end === "li" && !/[cdeghkmnrt]$/.test(rest)) || (/^ogi/.test(end) && !rest.endsWith("l")));
    step(THIRD, first, (end, rest) => end === "ative" && rest.length < second);
    step(FOURTH, second, (end, rest) => end === "ion" && !/[st]$/.test(rest));
    const rest = word.slice(0, -1);
    if (word.endsWith("e")) {
      if (rest.length >= second || (rest.length >= first && !SHORT.test(rest))) word = rest;
    } else if (word.endsWith("ll") && rest.length >= second) word = rest;
    return word.replaceAll("Y", "y");
  };
})();
