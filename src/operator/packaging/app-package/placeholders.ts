/** What stands in for a real value: in samples, in documentation, in the local tenant. Never to reach an administrator. */

/** Domains that nobody can own, or that samples use; not where the name goes on, as in `example.com.au`. */
const sampleDomain =
  /(?<![a-z0-9-])(?:localhost|(?:example|contoso|fabrikam|adatum)\.(?:com|org|net|edu)|[a-z0-9-]+\.(?:example|test|invalid|local))(?![a-z0-9.-]*[a-z0-9])/i;

/** Ids of the local tenant, ids of one repeated digit, and the id that counts up. */
const sampleId = /(?<![0-9a-f-])(?:[0-9]0000000-0000-4000-8000-|([0-9a-f])\1{7}-|12345678-1234-)/i;

/** Words and marks that ask to be replaced. */
const replaceMe = /[<>{}]|\byour[-_]|\b(?:todo|tbd|change-?me|placeholder|x{3,})\b/i;

/** Whether a sample's id or domain is anywhere in the text. */
export const holdsSampleValue = (text: string): boolean => sampleDomain.test(text) || sampleId.test(text);

/** Whether a value that was given is a stand-in for a real one. */
export const isPlaceholder = (value: string): boolean => holdsSampleValue(value) || replaceMe.test(value);
