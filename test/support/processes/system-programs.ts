/** `CMK_TEST_SYSTEM=0`: the tests take the machine for one with nothing but Node, and use what npm brought. */
export const systemIsHidden = (): boolean => process.env.CMK_TEST_SYSTEM === '0';
