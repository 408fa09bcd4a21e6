import { describe, expect, test } from 'vitest';
import { writeUnits } from '../../../lib/store/write-units.ts';

const plain = { pk: 'a', sk: 'b' };
const indexed = { ...plain, node_shard: 'n#1' };

describe('a write costs', () => {
  test.each([
    ['1 for a new item in no index', { after: plain }, 1],
    ['2 for a new item in the index', { after: indexed }, 2],
    ['1 for a change that the index does not see', { before: indexed, after: { ...indexed, state: 'ready' } }, 1],
    ['3 for a move within the index', { before: indexed, after: { ...indexed, node_shard: 'n#2' } }, 3],
    ['2 for the end of an item in the index', { before: indexed }, 2],
    ['1 for the end of nothing', {}, 1],
    ['1 for each KB begun', { after: { ...plain, text: 'x'.repeat(2500) } }, 3],
    ['as much as the larger of before and after', { before: { ...plain, text: 'x'.repeat(2500) }, after: plain }, 3],
  ])('%s', (_, write, units) => expect(writeUnits(write)).toBe(units));
});
