/** What each client may have while a limit for all of them together is reached, in bytes. */
export const scarce = 64 * 1024;
