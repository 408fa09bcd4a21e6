import { parseArgs } from 'node:util';

/** What the smoke test was asked to do. */
export interface SmokeOptions {
  readonly url: string;
  readonly token: string | undefined;
  /** FreeSWITCH, too. */
  readonly freeswitch: boolean;
  /** `auto`: media is sent and measured where @roamhq/wrtc is installed. */
  readonly media: 'auto' | 'require' | 'skip';
  /** How long to wait for a media node, as after a scale to zero. */
  readonly waitSeconds: number;
}

export const usage = `Makes an echo call and a room call against a deployment of patchbay, and says how that went.

  npm run smoke -- --url wss://… [--token …] [--freeswitch] [--media auto|require|skip] [--wait 180]

  --url         of the WebSocket API: an output of the stack; locally ws://localhost:3000/ws
  --token       a JWT with the scopes media:session and media:room; or in the variable PATCHBAY_TOKEN,
                where no list of processes shows it
  --freeswitch  an echo and a conference on FreeSWITCH, too
  --media       auto: real media where the package @roamhq/wrtc is installed, else signalling alone, and the report
                says so; require: fail without it; skip: signalling alone
  --wait        seconds to wait for a media node that is still to start (default 180)

It ends with 0 when all that was checked is well, 1 when something is not, 2 when it was not asked properly.`;

/** What was wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const medias = ['auto', 'require', 'skip'] as const;
const isMedia = (word: string): word is SmokeOptions['media'] => medias.some((one) => one === word);

/** @throws UsageError that names the option */
export function readOptions(args: readonly string[], token: string | undefined): SmokeOptions | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const { url, media = 'auto', wait = '180' } = values;
  if (url === undefined) throw new UsageError('--url is missing');
  if (!isMedia(media)) throw new UsageError(`--media must be one of ${medias.join(', ')}, not ${media}`);
  const waitSeconds = Number(wait);
  if (!Number.isInteger(waitSeconds) || waitSeconds < 0 || waitSeconds > 3600) {
    throw new UsageError(`--wait must be a whole number of seconds from 0 to 3600, not ${wait}`);
  }
  return {
    url: checked(url),
    token: values.token || token || undefined,
    freeswitch: values.freeswitch ?? false,
    media,
    waitSeconds,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        freeswitch: { type: 'boolean' },
        media: { type: 'string' },
        wait: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checked(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol === 'ws:' || protocol === 'wss:') return url;
  const hint = protocol === 'https:' || protocol === 'http:' ? ' (the console has another URL than the API)' : '';
  throw new UsageError(`--url must be a WebSocket's, such as wss://host/stage, not ${url}${hint}`);
}
