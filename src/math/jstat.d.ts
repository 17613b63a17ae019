/** What we use of jstat, which ships no types. */
declare module "jstat" {
  interface Distribution<Parameters extends readonly number[]> {
    cdf(x: number, ...parameters: Parameters): number;
    inv(p: number, ...parameters: Parameters): number;
  }
  const jstat: {
    readonly jStat: {
      readonly beta: Distribution<readonly [alpha: number, beta: number]>;
      readonly normal: Distribution<readonly [mean: number, stddev: number]>;
      readonly chisquare: Distribution<readonly [degreesOfFreedom: number]>;
      gammaln(x: number): number;
    };
  };
  export = jstat;
}
