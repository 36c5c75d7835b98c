// Labels beyond the digits, as the database has them.

export const NOT_A_DIGIT = 10;
export const CANT_TELL = 11;
