/** What a property that failed has printed as its seed, given again as `CMK_PROPERTY_SEED`, draws the same cases again. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.CMK_PROPERTY_SEED) });
