import type { ChatEndpoint, Question } from './chatEndpoint.js';
import { type Counts, Rejected } from './step.js';

/**
 * Asks until the answer is JSON that passes the checks.
 * @param check takes the JSON and gives what is made of it. @throws Rejected saying why it is refused
 * @param counts gets, besides what the endpoint counts, answers refused by reason
 * @throws Rejected with the last reason after so many attempts
 */
export async function askChecked<T>(
  endpoint: ChatEndpoint,
  question: Question,
  attempts: number,
  counts: Counts,
  check: (answer: unknown) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return check(jsonIn(await endpoint.ask(question, counts)));
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      const reason = `refused: ${error.message}`;
      counts[reason] = (counts[reason] ?? 0) + 1;
      if (attempt >= attempts) throw error;
    }
  }
}

/** The JSON in an answer: models like to put it between fences, or a sentence before it. */
function jsonIn(answer: string): unknown {
  const start = answer.search(/[[{]/);
  const end = Math.max(answer.lastIndexOf('}'), answer.lastIndexOf(']'));
  try {
    return JSON.parse(answer.slice(start, end + 1));
  } catch {
    throw new Rejected('the answer is no JSON');
  }
}
