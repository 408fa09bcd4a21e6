import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../domain/log.ts';

/** The log of a function. */
export function powertoolsLog(): Log {
  const logger = new Logger({ serviceName: 'patchbay' });
  return {
    debug: (fields, message) => logger.debug(message, { ...fields }),
    info: (fields, message) => logger.info(message, { ...fields }),
    warn: (fields, message) => logger.warn(message, { ...fields }),
    error: (fields, message) => logger.error(message, { ...fields }),
  };
}
