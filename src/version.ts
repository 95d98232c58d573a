/** The version in package.json; kept equal by a test. */
export const version = '0.1.0';
