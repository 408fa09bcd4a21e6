import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The first 15 characters of its program's name. */
  readonly name: string;
}

/** A process that is there and not just waiting to be reaped. */
export const isAlive = (pid: number): boolean => stateOf(pid) !== undefined;

/** The processes below one, at any depth. */
export function descendants(pid: number): Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => stateOf(Number(name)) ?? []);
  const below = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: `pid (name) state ppid …` */
function stateOf(pid: number): Process | undefined {
  try {
    const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return name === undefined || state === 'Z' || state === 'X' ? undefined : { pid, parent: Number(parent), name };
  } catch {
    return undefined;
  }
}
