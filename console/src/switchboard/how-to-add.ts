/** How FreeSWITCH comes to patchbay. Whoever may not see the engines is told by the server's `no_mediaserver`. */
export const howToAdd =
  'Start patchbay with PATCHBAY_FREESWITCH_BIN (the program, which the local stack then starts) or with ' +
  'PATCHBAY_FREESWITCH_URL (one that runs already: esl://:PASSWORD@HOST:PORT).';
