import type { Table } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { tableFromCells } from "./csv.ts";

const FIRST = {
  en: ["James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth"],
  de: ["Jürgen", "Anna", "Lukas", "Sabine", "Heinz", "Ute", "Björn", "Greta", "Käthe", "Max"],
};
const LAST = {
  en: ["Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis"],
  de: ["Müller", "Schmidt", "Weiß", "Fischer", "Weber", "Schäfer", "Becker", "Koch"],
};

/** A made-up table of persons, none of them real. */
export function peopleTable(country: "en" | "de", rows: number): Table {
  const random = randomFromSeed(country === "en" ? 1 : 2);
  const pick = (list: readonly string[]): string => list[random.integer(list.length)] as string;
  const digits = (count: number): string => Array.from({ length: count }, () => random.integer(10)).join("");
  const make = (cell: (i: number) => string | number): (string | number)[] =>
    Array.from({ length: rows }, (_, i) => cell(i));
  const names = make(() => `${pick(FIRST[country])} ${pick(LAST[country])}`) as string[];
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .normalize("NFD")
      .replace(/[^a-z ]/g, "");
  const de = country === "de";
  const cells: Record<string, readonly (string | number)[]> = {
    [de ? "kundennummer_id" : "customer_id"]: make((i) => `C-${String(100000 + 7 * i).padStart(6, "0")}`),
    name: names,
    email: make(
      (i) =>
        `${plain(names[i] as string).replace(" ", ".")}${i}@${i % 3 === 0 ? "gmail.com" : i % 3 === 1 ? (de ? "web.de" : "acme.com") : `firma${i}.org`}`,
    ),
    [de ? "telefon" : "phone"]: make((i) =>
      i % 10 === 0
        ? ""
        : de
          ? `+49 ${1 + random.integer(9)}${digits(2)} ${1 + random.integer(9)}${digits(6)}`
          : `(${2 + random.integer(8)}${digits(2)}) ${2 + random.integer(8)}${digits(2)}-${digits(4)}`,
    ),
    [de ? "strasse" : "address"]: make(() =>
      de ? `${pick(LAST.de)}straße ${1 + random.integer(99)}` : `${1 + random.integer(9999)} ${pick(LAST.en)} Street`,
    ),
    [de ? "plz" : "zip"]: make(() => (de ? `0${digits(4)}` : `0${digits(4)}`)),
    age: make(() => 18 + random.integer(70)),
    plan: make(() => pick(["basic", "plus", "pro"])),
  };
  if (de) cells.iban = make(() => iban("DE", digits(18)));
  else {
    cells.ssn = make(() =>
      `${1 + random.integer(8)}${digits(1)}${1 + random.integer(9)}-${1 + random.integer(9)}${digits(1)}-${digits(3)}${1 + random.integer(9)}`.replace(
        /^666/,
        "123",
      ),
    );
    cells.card = make(() => luhn(`4${digits(14)}`));
    cells.ip = make(
      () => `${1 + random.integer(200)}.${random.integer(256)}.${random.integer(256)}.${random.integer(256)}`,
    );
    cells.homepage = make((i) => `https://www.site-${i}.com/${pick(["home", "blog"])}`);
    cells.session = make(() =>
      [8, 4, 4, 4, 12]
        .map(
          (n, i) =>
            (i === 2 ? "4" : "") +
            Array.from({ length: i === 2 ? n - 1 : n }, () => random.integer(16).toString(16)).join(""),
        )
        .join("-"),
    );
  }
  return tableFromCells(cells);
}

/** By whole-number arithmetic, another way than the code under test. */
function iban(country: string, account: string): string {
  const letters = [...country].map((letter) => letter.charCodeAt(0) - 55).join("");
  return `${country}${String(98n - (BigInt(`${account}${letters}00`) % 97n)).padStart(2, "0")}${account}`;
}

function luhn(body: string): string {
  const sum = [...body]
    .reverse()
    .reduce(
      (total, digit, i) =>
        total + [...String(Number(digit) * (i % 2 === 0 ? 2 : 1))].reduce((a, b) => a + Number(b), 0),
      0,
    );
  return body + ((10 - (sum % 10)) % 10);
}
