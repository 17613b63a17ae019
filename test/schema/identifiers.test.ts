import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomFromSeed } from "../../src/random.ts";
import { checked, type Enumeration, freshValues, mapped, product } from "../../src/schema/identifiers/enumeration.ts";
import { type CodeFormat, learnFormats, valuesOf } from "../../src/schema/identifiers/formats.ts";
import { LOCALES, latinLocale, loadFaker } from "../../src/schema/identifiers/locale.ts";
import { peopleTiers } from "../../src/schema/identifiers/people.ts";
import { permutation } from "../../src/schema/identifiers/permutation.ts";
import { nationalIdLocale, recognise } from "../../src/schema/identifiers/recognise.ts";
import { type PeopleStyle, styleOf } from "../../src/schema/identifiers/style.ts";
import { enumerationOf, learnTemplates, templateTiers } from "../../src/schema/identifiers/template.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** offsetOf(at(i)) = i: what makes "never a real value" and "never twice" true. */
function isInvertible(enumeration: Enumeration, name: string): void {
  const random = randomFromSeed(1);
  for (let k = 0; k < 200; k++) {
    const offset = Math.floor(random.uniform() * enumeration.size);
    const value = enumeration.at(offset);
    assert.equal(enumeration.offsetOf(value), offset, `${name}: "${value}"`);
  }
}

test("a permutation meets every number once, for any size and key", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (size, seed) => {
      const permute = permutation(size, randomFromSeed(seed).key);
      const seen = new Set(range(size).map(permute));
      assert.equal(seen.size, size);
      assert.ok([...seen].every((x) => Number.isInteger(x) && x >= 0 && x < size));
    }),
    { seed: 1 },
  );
  const large = permutation(2 ** 52, randomFromSeed(1).key);
  assert.equal(new Set(range(10_000).map(large)).size, 10_000);
});

test("a permutation scatters: its values are uniform (χ² on 20 cells, false alarm .001)", () => {
  const permute = permutation(10_000_000, randomFromSeed(3).key);
  const counts = new Float64Array(20);
  for (let i = 0; i < 20_000; i++)
    counts[Math.floor(permute(i) / 500_000)] = (counts[Math.floor(permute(i) / 500_000)] as number) + 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquare < 43.8, `χ² = ${chiSquare}`);
});

test("fresh values are all that is left of a format, each once, then the next tier's", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 199 }), { maxLength: 99, size: "max" }),
      fc.nat(),
      (taken, seed) => {
        const real = taken.map((x) => (x < 100 ? String(x).padStart(2, "0") : `strange ${x}`));
        const tiers = templateTiers(["0123456789", "0123456789"], false);
        const fresh = freshValues(tiers, real);
        const value = fresh.keyed(randomFromSeed(seed).key);
        const free = 100 - taken.filter((x) => x < 100).length;
        assert.equal(fresh.capacity, free);
        const made = range(free + 50).map(value);
        assert.equal(new Set(made).size, made.length);
        assert.ok(made.every((text) => !real.includes(text)));
        assert.ok(
          made.slice(0, free).every((text) => text.length === 2) && made.slice(free).every((text) => text.length === 3),
        );
      },
    ),
    { seed: 2, numRuns: 60 },
  );
});

test("every format can be looked up: templates, products, check digits, and the people of every locale", async () => {
  isInvertible(enumerationOf([..."AB-", "0123456789", "abc", "0123456789"]), "template");
  isInvertible(enumerationOf(range(40).map(() => "0123456789abcdef")), "long template");
  isInvertible(
    mapped(
      enumerationOf(["0123456789", "01"]),
      (value) => `<${value}>`,
      (value) => value.slice(1, -1),
    ),
    "mapped",
  );
  isInvertible(
    checked(enumerationOf(range(6).map(() => "0123456789")), (value) => Number(value) % 97 === 1),
    "checked",
  );
  isInvertible(
    product(
      [
        ["a", "b"],
        ["x", "y", "z"],
      ],
      (items) => items.join("/"),
      (value) => value.split("/"),
    ),
    "product",
  );
  const styles: Readonly<Record<string, readonly string[]>> = {
    "person-name": ["Jim Smith", "JIM SMITH", "smith, jim", "Smith, Jim"],
    "first-name": ["Jim", "JIM"],
    "last-name": ["Smith", "smith"],
    city: ["Springfield", "SPRINGFIELD"],
    address: ["12 High Street", "HIGH STREET 12"],
    email: ["a.b@c.de", "a_b@c.de", "ab@c.de"],
    url: ["https://www.a.com/x", "a.com", "http://a.com"],
  };
  for (const locale of LOCALES) {
    for (const [type, samples] of Object.entries(styles)) {
      const faker = await loadFaker(type === "email" || type === "url" ? latinLocale(locale) : locale);
      for (const sample of samples) {
        const tiers = peopleTiers(styleOf(type as "city", [sample]) as PeopleStyle, { faker, locale });
        for (const t of [0, 1]) {
          const tier = tiers(t);
          assert.ok(tier.size >= 20, `${locale} ${type}: ${tier.size}`);
          isInvertible(tier, `${locale} ${type} tier ${t}`);
        }
      }
    }
  }
});

test("templates keep what is fixed and vary what varies", () => {
  const random = randomFromSeed(4);
  const values = range(500).map(
    (i) => `${["INV", "CRD"][i % 2]}-2023-${String(random.integer(100000)).padStart(5, "0")}`,
  );
  const templates = learnTemplates(values);
  assert.deepEqual(templates.map(({ slots }) => slots.slice(0, 9).join("")).sort(), ["CRD-2023-", "INV-2023-"]);
  assert.ok(templates.every(({ slots }) => slots[12] === "0123456789"));
});

test("check digits are right: German, Spanish and Polish numbers, cards with blanks", () => {
  const values = ["12345678Z", "87654321X", "11111111H", "22222222J", "33333333P"];
  assert.ok(values.every((value) => nationalIdLocale(value) === "ES"));
  const maker = (type: "national-id" | "iban" | "card-number", labels: readonly string[]) =>
    valuesOf(learnFormats(type, labels)[0] as CodeFormat, labels).keyed(randomFromSeed(1).key);
  const make = maker("national-id", values);
  for (let i = 0; i < 50; i++) assert.equal(nationalIdLocale(make(i)), "ES", make(i));
  const iban = maker("iban", ["DE89 3704 0044 0532 0130 00", "DE02 1203 0000 0000 2020 51"]);
  assert.match(iban(0), /^DE\d\d \d{4} \d{4} \d{4} \d{4} \d\d$/);
  const card = maker("card-number", ["4111 1111 1111 1111", "4012 8888 8888 1881"]);
  assert.match(card(0), /^\d{4} \d{4} \d{4} \d{4}$/);
});

test("ordinary columns are not taken for identifiers", () => {
  const columns: Readonly<Record<string, readonly string[]>> = {
    product: ["Blue Chair", "Red Table", "Green Lamp"],
    country: ["United States", "New Zealand", "Germany"],
    version: ["1.2", "1.3", "2.0"],
    date: ["2020-01-02", "2020-01-03", "2020-02-02"],
    time: ["12:30", "13:45", "09:15"],
    amount: ["$12.50", "$13.00", "$1,200.00"],
    range: ["18-24", "25-34", "35-44"],
    code: ["A11", "A12", "A14"],
    state_name: ["New York", "New Jersey", "North Dakota"],
    coordinates: ["52.5200,13.4050", "48.8566,2.3522", "40.7128,-74.0060"],
    icd: ["E11.9", "I10", "J45.909"],
  };
  for (const [name, values] of Object.entries(columns)) assert.equal(recognise(values, name), undefined, name);
});
