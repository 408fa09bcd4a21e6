import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FreeSwitchAddress,
  formatFreeSwitchUrl,
  parseFreeSwitchUrl,
} from '../../../../lib/backends/freeswitch/url.ts';

describe('an address of a FreeSWITCH', () => {
  test.each<[string, FreeSwitchAddress]>([
    [
      'esl://:ClueCon@127.0.0.1:8021?sip=127.0.0.1:5060',
      { host: '127.0.0.1', eslPort: 8021, password: 'ClueCon', sipPort: 5060 },
    ],
    ['esl://:a%40b@fs?sip=fs:5080', { host: 'fs', eslPort: 8021, password: 'a@b', sipPort: 5080 }],
    ['esl://:hush@[::1]:8022?sip=[::1]:5060', { host: '::1', eslPort: 8022, password: 'hush', sipPort: 5060 }],
  ])('%s is read', (text, address) => {
    expect(parseFreeSwitchUrl(text)).toEqual(address);
  });

  test.each([
    ['', 'a FreeSWITCH URL must be like'],
    ['ws://:hush@fs?sip=fs:5060', 'a FreeSWITCH URL must be like'],
    ['esl://fs?sip=fs:5060', 'a FreeSWITCH URL needs a password'],
    ['esl://:hush@fs', 'a FreeSWITCH URL needs sip=HOST:PORT'],
    ['esl://:hush@fs?sip=fs', 'a FreeSWITCH URL needs sip=HOST:PORT'],
    ['esl://:hush@fs?sip=other:5060', 'a FreeSWITCH URL has one host, not fs and other'],
    ['esl://:hush@fs?sip=fs:5060&tls=1', 'a FreeSWITCH URL has no setting tls'],
    ['esl://:hush%0aexit@fs?sip=fs:5060', "a FreeSWITCH URL's password must be without control characters"],
    ['esl://:hush%zz@fs?sip=fs:5060', "a FreeSWITCH URL's password is not encoded as in a URL"],
    ['esl://:hush@fs?sip=fs:0', 'a FreeSWITCH URL needs sip=HOST:PORT'],
    ['esl://:hush@fs?sip=fs:65536', 'a FreeSWITCH URL needs sip=HOST:PORT'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseFreeSwitchUrl(text)).toThrow(message);
    expect(() => parseFreeSwitchUrl(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hush') }),
    );
  });

  test('survives the way through the environment, whatever the password is', () => {
    const password = fc.string({ minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(password, fc.constantFrom('127.0.0.1', 'fs.example', '::1'), (secret, host) => {
        const address: FreeSwitchAddress = { host, eslPort: 8021, password: secret, sipPort: 5060 };
        expect(parseFreeSwitchUrl(formatFreeSwitchUrl(address))).toEqual(address);
      }),
    );
  });
});
