/** Wright's omega function for real numbers: the w > 0 with w + ln w = y, to about 1e-12 of its size.
 * @source Lawrence, Corless & Jeffrey (2012), Algorithm 917, ACM Transactions on Mathematical Software 38(3): their starts and their iteration of fourth order */
export function wrightOmega(y: number): number {
  if (y < -6) {
    const small = Math.exp(y);
    return small * (1 - small * (1 - small * (3 / 2 - small * (8 / 3 - (small * 125) / 24))));
  }
  let w = y > 1 ? y - Math.log(y) + Math.log(y) / y : y > -2 ? Math.exp((2 * (y - 1)) / 3) : Math.exp(y);
  for (let i = 0; i < 2; i++) {
    const rest = y - w - Math.log(w);
    const next = 1 + w;
    const both = next * (next + (2 * rest) / 3);
    w *= 1 + ((rest / next) * (both - rest / 2)) / (both - rest);
  }
  return w;
}
