/*
 * digit: what a digit counts, in decimal and hexadecimal numbers of texts from outside.
 */
#ifndef LOAD_DIGIT_H
#define LOAD_DIGIT_H

/* 0 to 15; -1 when the character is no digit. */
static inline int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
