/** A repeatable choice. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function chooser(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { below, of: <T>(all: readonly T[]): T | undefined => all[below(all.length)] };
}
export type Chooser = ReturnType<typeof chooser>;
