/**
 * RFC 8839's candidate-attribute, no looser than it is written there: engines scan it with bounded fields
 * (`%32s %30u %3s …`), and to a longer or a differently parted one they would see another address than we do.
 */
const grammar =
  /^(?:a=)?candidate:[A-Za-z0-9+/]{1,32} [0-9]{1,5} (?:udp|tcp) [0-9]{1,10} ([^\s]{1,253}) [0-9]{1,5} typ (?:host|srflx|prflx|relay)(?: [\x20-\x7e]*)?$/i;

/** Where a candidate lies (its connection-address; not `raddr`, to which nothing is sent); undefined if it can't be read. */
export const candidateAddress = (line: string): string | undefined => grammar.exec(line)?.[1];
