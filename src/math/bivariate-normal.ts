import { standardNormalCdf } from "./standard-normal.ts";

/** Gauss-Legendre points (negative half) and weights, for weak, middling and strong correlation. */
const RULES = [
  {
    weights: [0.1713244923791705, 0.3607615730481384, 0.4679139345726904],
    points: [0.9324695142031522, 0.6612093864662647, 0.238619186083197],
  },
  {
    weights: [
      0.04717533638651177, 0.1069393259953183, 0.1600783285433464, 0.2031674267230659, 0.2334925365383547,
      0.2491470458134029,
    ],
    points: [
      0.9815606342467191, 0.904117256370475, 0.769902674194305, 0.5873179542866171, 0.3678314989981802,
      0.1252334085114692,
    ],
  },
  {
    weights: [
      0.01761400713915212, 0.04060142980038694, 0.06267204833410905, 0.08327674157670475, 0.1019301198172404,
      0.1181945319615184, 0.1316886384491766, 0.1420961093183821, 0.1491729864726037, 0.1527533871307259,
    ],
    points: [
      0.9931285991850949, 0.9639719272779138, 0.912234428251326, 0.8391169718222188, 0.7463319064601508,
      0.636053680726515, 0.5108670019508271, 0.3737060887154196, 0.2277858511416451, 0.07652652113349732,
    ],
  },
] as const;

const TWO_PI = 2 * Math.PI;

/** P(X ≤ x, Y ≤ y) for standard normal X and Y of the given correlation, −1 … 1; absolute error about 1e-15.
 * @source Drezner & Wesolowsky (1990), J. Stat. Comput. Simul. 35; Genz (2004), Statistics and Computing 14 */
export function bivariateNormalCdf(x: number, y: number, correlation: number): number {
  if (x === Number.NEGATIVE_INFINITY || y === Number.NEGATIVE_INFINITY) return 0;
  if (x === Number.POSITIVE_INFINITY) return standardNormalCdf(y);
  if (y === Number.POSITIVE_INFINITY) return standardNormalCdf(x);
  const r = correlation;
  const size = Math.abs(r);
  const h = -x;
  const { weights, points } = size < 0.3 ? RULES[0] : size < 0.75 ? RULES[1] : RULES[2];
  let sum = 0;
  if (size < 0.925) {
    const hk = x * y;
    const hs = (x * x + y * y) / 2;
    const half = Math.asin(r) / 2;
    for (let i = 0; i < points.length; i++) {
      const point = points[i] as number;
      const weight = weights[i] as number;
      const low = Math.sin(half * (1 - point));
      const high = Math.sin(half * (1 + point));
      sum += weight * (Math.exp((low * hk - hs) / (1 - low * low)) + Math.exp((high * hk - hs) / (1 - high * high)));
    }
    return clamp((sum * half) / TWO_PI + standardNormalCdf(x) * standardNormalCdf(y));
  }
  const k = r < 0 ? y : -y;
  const hk = h * k;
  if (size < 1) {
    const as = (1 - r) * (1 + r);
    const a = Math.sqrt(as);
    const bs = (h - k) ** 2;
    const c = (4 - hk) / 8;
    const d = (12 - hk) / 80;
    const asr = -(bs / as + hk) / 2;
    if (asr > -100) sum = a * Math.exp(asr) * (1 - (c * (bs - as) * (1 - d * bs)) / 3 + c * d * as * as);
    if (hk > -100) {
      const b = Math.sqrt(bs);
      sum -= Math.exp(-hk / 2) * Math.sqrt(TWO_PI) * standardNormalCdf(-b / a) * b * (1 - (c * bs * (1 - d * bs)) / 3);
    }
    let rest = 0;
    for (let i = 0; i < points.length; i++)
      for (const sign of [-1, 1]) {
        const xs = ((a / 2) * (1 + sign * (points[i] as number))) ** 2;
        const exponent = -(bs / xs + hk) / 2;
        if (exponent <= -100) continue;
        const root = Math.sqrt(1 - xs);
        const series = 1 + c * xs * (1 + 5 * d * xs);
        const exact = Math.exp((-(hk / 2) * xs) / (1 + root) ** 2) / root;
        rest += (weights[i] as number) * Math.exp(exponent) * (series - exact);
      }
    sum = ((a / 2) * rest - sum) / TWO_PI;
  }
  if (r > 0) return clamp(sum + standardNormalCdf(-Math.max(h, k)));
  if (h >= k) return clamp(-sum);
  const between = h < 0 ? standardNormalCdf(k) - standardNormalCdf(h) : standardNormalCdf(-h) - standardNormalCdf(-k);
  return clamp(between - sum);
}

/** Density of the pair at (x, y); 0 where either is infinite. */
export function bivariateNormalDensity(x: number, y: number, correlation: number): number {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return 0;
  const rest = 1 - correlation * correlation;
  return Math.exp(-(x * x - 2 * correlation * x * y + y * y) / (2 * rest)) / (TWO_PI * Math.sqrt(rest));
}

function clamp(p: number): number {
  return Math.min(1, Math.max(0, p));
}
