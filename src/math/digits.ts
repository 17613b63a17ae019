/** How numbers are written for people: a true minus sign, thin spaces between thousands. */

/** The digits of a size, with the sign of the value. */
export function signedDigits(value: number, digits: string): string {
  return value < 0 ? `−${digits}` : digits;
}

/** "12 345.6" out of "12345.6"; four digits stand together. */
export function groupedDigits(digits: string): string {
  const [whole = "", places] = digits.split(".");
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202F") : whole;
  return places === undefined ? spaced : `${spaced}.${places}`;
}
