#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    int value;
    struct node *next;
} node;

static node *push(node *head, int value) {
    node *made = malloc(sizeof(*made));
    if (made == NULL) {
        return head;
    }
    made->value = value;
    made->next = head;
    return made;
}

int main(void) {
    node *list = NULL;
    for (int i = 0; i < 5; i++) {
        list = push(list, i * i);
    }
    for (node *at = list; at; at = at->next) {
        printf("%d%s", at->value, at->next ? ", " : "\n");
    }
    return 0;
}
/* ==== */
#include <stdbool.h>
#include <stdio.h>

// Whether a number has no divisor beside 1 and itself.
bool is_prime(int n) {
    if (n < 2) {
        return false;
    }
    for (int d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return false;
        }
    }
    return true;
}

int count_primes(const int *values, size_t length) {
    int count = 0;
    for (size_t i = 0; i < length; ++i) {
        count += is_prime(values[i]) ? 1 : 0;
    }
    return count;
}

int main(void) {
    int values[] = {2, 3, 4, 17, 21};
    printf("%d\n", count_primes(values, sizeof values / sizeof values[0]));
    return 0;
}
/* ==== */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORDS 64

static int split(char *text, char **words, int limit) {
    int count = 0;
    char *at = strtok(text, " \t\n");
    while (at != NULL && count < limit) {
        words[count++] = at;
        at = strtok(NULL, " \t\n");
    }
    return count;
}

static void capitalise(char *word) {
    switch (word[0]) {
    case '\0':
        break;
    default:
        word[0] = (char)toupper((unsigned char)word[0]);
    }
}

int main(void) {
    char text[] = "the quick brown fox";
    char *words[MAX_WORDS];
    int count = split(text, words, MAX_WORDS);
    do {
        count--;
        capitalise(words[count]);
        puts(words[count]);
    } while (count > 0);
    return 0;
}
/* ==== */
#include <math.h>
#include <stdio.h>

enum kind { CIRCLE, SQUARE = 4 };

union size {
    double radius;
    double side;
};

struct shape {
    enum kind kind;
    union size size;
    unsigned visible : 1;
};

double area(const struct shape *shape) {
    return shape->kind == CIRCLE ? 3.14159 * pow(shape->size.radius, 2.0) : shape->size.side * shape->size.side;
}

int compare(const void *left, const void *right) {
    double difference = area(left) - area(right);
    return (difference > 0) - (difference < 0);
}

int main(void) {
    struct shape shapes[2] = {{.kind = SQUARE, .size.side = 2.0, .visible = 1}, {CIRCLE, {1.5}, 0}};
    int (*order)(const void *, const void *) = compare;
    if (order(&shapes[0], &shapes[1]) < 0 && shapes[0].visible) {
        printf("%.2f\n", area(shapes));
    }
    return 0;
}
/* ==== */
#include <stdio.h>

long gcd(long a, long b) {
    while (b != 0) {
        long rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

void transpose(int rows, int columns, int from[rows][columns], int to[columns][rows]) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            to[c][r] = from[r][c];
}

int main(int argc, char **argv) {
    int from[2][3] = {{1, 2, 3}, {4, 5, 6}};
    int to[3][2];
    transpose(2, 3, from, to);
    if (argc > 1 || argv[0][0] == 'x') goto end;
    printf("%ld %d\n", gcd(84, -36), to[2][1]);
end:
    return 0;
}
