import { randomUUID } from 'node:crypto';
import { armRefusal, type Refusal } from '../http/reply.ts';

/**
 * Resource Graph's answer to a query it cannot read, in the shape of public reports. The message also names what this server
 * does not know, because it reads only a part of the language.
 */
export const queryRefusal = (code: 'ParserFailure' | 'InvalidQueryLanguage', at: number, token: string): Refusal =>
  armRefusal(
    400,
    'BadRequest',
    `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`,
    {
      details: [
        {
          code: 'InvalidQuery',
          message:
            'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
        },
        { code, message: code, line: 1, characterPositionInLine: at, token },
      ],
    },
  );
