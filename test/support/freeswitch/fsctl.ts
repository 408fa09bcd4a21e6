import type { CommandContext } from './commands.ts';

/** Of `fsctl` only what bounds and ends. */
export function fsctl({ engine, shutDown }: CommandContext, args: readonly string[]): string {
  const [action, what = ''] = args;
  if (action === 'pause' || action === 'resume') {
    for (const direction of ['inbound', 'outbound'] as const) {
      if (what === '' || what === direction) engine.paused[direction] = action === 'pause';
    }
    return '+OK\n';
  }
  if (action === 'max_sessions' || action === 'sps') {
    const key = action === 'sps' ? 'sessionsPerSecond' : 'maxSessions';
    if (what !== '') engine[key] = Number(what);
    return `+OK ${action === 'sps' ? 'sessions per second' : 'max sessions'}: ${engine[key]}\n`;
  }
  if (action === 'shutdown') {
    engine.paused.inbound = true;
    engine.paused.outbound = true;
    endWhenEmpty({ engine, shutDown }, what === 'elegant');
    return '+OK\n';
  }
  return `${action === undefined ? '-' : '-ERR Invalid command\n'}USAGE: ${action === undefined ? '' : 'fsctl '}[pause [inbound|outbound]|resume [inbound|outbound]|shutdown [elegant]|sps|max_sessions]\n`;
}

const lookAgainMs = 20;

function endWhenEmpty({ engine, shutDown }: Pick<CommandContext, 'engine' | 'shutDown'>, waits: boolean): void {
  engine.timers.later({ from: lookAgainMs, to: lookAgainMs }, () => {
    if (!waits || engine.channels.size === 0) shutDown();
    else endWhenEmpty({ engine, shutDown }, waits);
  });
}
