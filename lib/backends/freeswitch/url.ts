/** Where one FreeSWITCH is, and what it wants to be told to let us in. */
export interface FreeSwitchAddress {
  readonly host: string;
  /** Of mod_event_socket. */
  readonly eslPort: number;
  readonly password: string;
  /** Of the sofia profile, TCP. */
  readonly sipPort: number;
}

const example = 'esl://:PASSWORD@127.0.0.1:8021?sip=127.0.0.1:5060';

/**
 * Reads an address as it is written in `PATCHBAY_FREESWITCH_URL`. SIP and ESL are on the same host: media comes from there.
 *
 * @throws Error that says what is wrong with it; no secret is in it
 */
export function parseFreeSwitchUrl(text: string): FreeSwitchAddress {
  const url = URL.parse(text);
  if (url?.protocol !== 'esl:' || url.hostname === '') {
    throw new Error(`a FreeSWITCH URL must be like ${example}: this is none`);
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'sip');
  if (unknown !== undefined)
    throw new Error(`a FreeSWITCH URL has no setting ${unknown}: it may have sip, as in ${example}`);
  const sip = /^(.+):(\d{1,5})$/.exec(url.searchParams.get('sip') ?? '');
  if (!sip) throw new Error(`a FreeSWITCH URL needs sip=HOST:PORT, as in ${example}`);
  if (sip[1] !== url.hostname) throw new Error(`a FreeSWITCH URL has one host, not ${url.hostname} and ${sip[1]}`);
  const sipPort = Number(sip[2]);
  if (sipPort < 1 || sipPort > 65_535) throw new Error(`a FreeSWITCH URL needs sip=HOST:PORT, as in ${example}`);
  const address = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    eslPort: Number(url.port || 8021),
    password: decoded(url.password),
    sipPort,
  };
  if (address.password === '') throw new Error(`a FreeSWITCH URL needs a password, as in ${example}`);
  // A line more would be a command.
  if (/\p{Cc}/u.test(address.password))
    throw new Error("a FreeSWITCH URL's password must be without control characters");
  return address;
}

function decoded(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    throw new Error("a FreeSWITCH URL's password is not encoded as in a URL");
  }
}

/** The other way round, for a process that gets it in its environment. */
export const formatFreeSwitchUrl = ({ host, eslPort, password, sipPort }: FreeSwitchAddress): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return `esl://:${encodeURIComponent(password)}@${name}:${eslPort}?sip=${name}:${sipPort}`;
};
