/** The words of a column's name, lower case: "ProductID" → product, id; "customer_no." → customer, no. */
export function headerWords(name: string): readonly string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Whether the header was empty in the source and the reader made one up. */
export function isUnnamed(name: string): boolean {
  return /^column_\d+$/.test(name);
}

/** Whether the header calls the column a key by itself: "customer_id", "uid". Enough for a column with repeats. */
export function saysId(name: string): boolean {
  return headerWords(name).some((word) => /^(id|ids|uid|guid|uuid|.{3,}id)$/.test(word) && !NO_ID.has(word));
}

/** Whether the header allows a key, if the values look like one: "no", "number", "code", "ref". */
export function allowsKey(name: string): boolean {
  return saysId(name) || headerWords(name).some((word) => KEY_WORDS.has(word));
}

/** Whether the header says that the numbers mean something by themselves: a year, an age, an amount. */
export function saysQuantity(name: string): boolean {
  return headerWords(name).some((word) => QUANTITY_WORDS.has(word));
}

const NO_ID = new Set([
  "paid",
  "valid",
  "invalid",
  "covid",
  "prepaid",
  "unpaid",
  "grid",
  "solid",
  "fluid",
  "acid",
  "bid",
  "avoid",
  "rapid",
  "humid",
  "android",
  "thyroid",
  "steroid",
  "opioid",
  "void",
  "druid",
  "hybrid",
  "mid",
  "aid",
]);

const KEY_WORDS = new Set([
  "key",
  "pk",
  "no",
  "nr",
  "num",
  "number",
  "nummer",
  "code",
  "index",
  "idx",
  "row",
  "rownum",
  "ref",
  "reference",
  "serial",
  "record",
  "udi",
  "sku",
  "account",
  "case",
  "invoice",
  "order",
  "ticket",
  "token",
  "hash",
]);

const QUANTITY_WORDS = new Set([
  "year",
  "month",
  "day",
  "week",
  "hour",
  "minute",
  "second",
  "date",
  "time",
  "timestamp",
  "ts",
  "epoch",
  "age",
  "amount",
  "price",
  "cost",
  "charge",
  "charges",
  "income",
  "salary",
  "weight",
  "height",
  "distance",
  "count",
  "total",
  "score",
  "rate",
  "balance",
  "population",
  "size",
  "length",
  "duration",
  "value",
]);
