import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateAddress } from '../../../lib/domain/candidate-address.ts';

const line = 'candidate:1 1 udp 2122194687 192.0.2.1 40000 typ host';

describe('the address of a candidate', () => {
  test.each([
    [line, '192.0.2.1'],
    [`a=${line}`, '192.0.2.1'],
    [line.toUpperCase(), '192.0.2.1'],
    [line.replace('192.0.2.1', '2001:db8::1'), '2001:db8::1'],
    [line.replace('192.0.2.1', 'a1b2.local'), 'a1b2.local'],
    [line.replace('udp', 'tcp').concat(' tcptype active'), '192.0.2.1'],
    [line.replace('host', 'srflx raddr 127.0.0.1 rport 9'), '192.0.2.1'],
    [line.replace('candidate:1', `candidate:${'A+/9'.repeat(8)}`), '192.0.2.1'],
  ])('of %j is %s', (candidate, address) => {
    expect(candidateAddress(candidate)).toBe(address);
  });

  test.each([
    '',
    'candidate:',
    ` ${line}`,
    `${line}\r\n`,
    `${line}\na=candidate:1 1 udp 1 127.0.0.1 9 typ host`,
    line.replace('udp', ' udp'),
    line.replace(' 1 udp', '\t1 udp'),
    line.replace('candidate:1', 'candidate: 1'),
    line.replace('candidate:1', `candidate:${'1'.repeat(33)}`),
    line.replace('candidate:1', 'candidate:é'),
    line.replace('udp', 'udpx'),
    line.replace('2122194687', '21221946871'),
    line.replace('40000', '400000'),
    line.replace('40000', '-1'),
    line.replace('typ host', 'typ ghost'),
    line.replace(' typ host', ''),
    line.replace('192.0.2.1', 'a'.repeat(254)),
    `${line} x\0y`,
  ])('of %j cannot be read', (candidate) => {
    expect(candidateAddress(candidate)).toBeUndefined();
  });

  test('is where engines see it too, that scan fields of a bounded length', () => {
    const text = fc.array(
      fc.constantFrom(' ', '\t', 'candidate:', 'A', '1', 'udp', 'typ', 'host', '127.0.0.1', '9', '.'),
    );
    const near = fc
      .tuple(fc.nat(line.length), text)
      .map(([at, more]) => line.slice(0, at) + more.join('') + line.slice(at));
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          text.map((parts) => parts.join('')),
        ),
        (candidate) => {
          const address = candidateAddress(candidate);
          if (address === undefined || address.length > 49) return;
          // %32s %30u %3s %30u %49s %30u typ
          const scan = /^candidate:\s*\S{1,32}\s*\d{1,30}\s*\S{1,3}\s*\d{1,30}\s*(\S{1,49})\s*\d{1,30}\s*typ/i;
          expect(scan.exec(candidate)?.[1]).toBe(address);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
