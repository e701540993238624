/** @import { SentTime } from "../contracts/time.js" */

/** @param {SentTime} sent */
export function timeFrom(sent) {
  // A Date that was made of the pair's text would have lost its milliseconds.
  return new Date(Array.isArray(sent) ? sent[0] : sent)
}
