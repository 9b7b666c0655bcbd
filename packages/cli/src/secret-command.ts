/** Prints a secret, in every shell. */
export const secretCommand = `node -p "crypto.randomBytes(48).toString('base64')"`
