import { vi } from 'vitest';

/**
 * Moves the time of this process on: nodes, functions and the reaper in it see it all alike. Timers run as before, so what
 * waits for one has to be brought about by hand. `vi.restoreAllMocks` takes it back.
 */
export function later(ms: number): void {
  const now = Date.now;
  const real = vi.isMockFunction(now) ? (now.getMockImplementation() ?? now) : now;
  vi.spyOn(Date, 'now').mockImplementation(() => Number(real()) + ms);
}
