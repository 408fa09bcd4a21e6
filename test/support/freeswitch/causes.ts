/** Names and numbers of why a call ended. https://www.itu.int/rec/T-REC-Q.850 */
const causes: Readonly<Record<string, number>> = {
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_DESTINATION: 3,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  CALL_REJECTED: 21,
  DESTINATION_OUT_OF_ORDER: 27,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_TEMPORARY_FAILURE: 41,
  SERVICE_NOT_IMPLEMENTED: 79,
  INCOMPATIBLE_DESTINATION: 88,
  MANDATORY_IE_MISSING: 96,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  ORIGINATOR_CANCEL: 487,
  MANAGER_REQUEST: 503,
  MEDIA_TIMEOUT: 604,
};

/** What FreeSWITCH makes of a final response to its INVITE; anything else is a temporary failure. */
const bySipStatus: Readonly<Record<number, string>> = {
  403: 'CALL_REJECTED',
  404: 'UNALLOCATED_NUMBER',
  408: 'RECOVERY_ON_TIMER_EXPIRE',
  480: 'NO_USER_RESPONSE',
  486: 'USER_BUSY',
  487: 'ORIGINATOR_CANCEL',
  488: 'INCOMPATIBLE_DESTINATION',
  501: 'SERVICE_NOT_IMPLEMENTED',
  600: 'USER_BUSY',
  603: 'CALL_REJECTED',
  604: 'NO_ROUTE_DESTINATION',
  606: 'INCOMPATIBLE_DESTINATION',
};

export const causeOfStatus = (status: number): string => bySipStatus[status] ?? 'NORMAL_TEMPORARY_FAILURE';

/** A cause that it does not know is a normal end. */
export const knownCause = (name: string): string => (name in causes ? name : 'NORMAL_CLEARING');

export const q850 = (cause: string): string => `Q.850;cause=${causes[cause] ?? 16};text="${cause}"`;
