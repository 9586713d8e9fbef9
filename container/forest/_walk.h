/* The compiled forest's inner loop, which knows nothing of Python; numpy_kernel.py is the same contract in NumPy.
 *
 * Everything here is an integer. Thresholds and row values are float32 mapped to uint32 "keys" that order as the
 * floats do, so `x <= threshold` is one unsigned comparison whose borrow is the mask that picks the child:
 *
 *     key < FIRST_SPLIT   a leaf; key is the index of its value among its tree's values
 *     key >= FIRST_SPLIT  a split; word = nodes in the left subtree << shift | column (its top bit: NaN goes left)
 *
 * The left child is the next node, the right child follows the left subtree. A leaf's word is -1 << shift, which
 * makes its "right child" itself, and its key is below any row's, so it always goes right: walking past the end of
 * a path is harmless, and no step asks whether it stands on a leaf. Latency is hidden by walking several paths at once.
 *
 * The arrays are trusted: layout.read has passed tree_is_sound over every tree.
 */
#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The arrays are little-endian; the NumPy kernel serves here."
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum {
    TREE_LANES = 16, /* trees walked at once for one row: the memory is cold, and idle less the more ask of it */
    ROW_LANES = 8,   /* rows walked at once through one tree: the paths share lines, and more spill registers */
    HOPS = 4,          /* steps between two looks at whether all lanes have arrived */
    ROWS_FROM = 512,   /* from so many rows on, one tree for all rows; below, all trees for one row */
};

#define FIRST_SPLIT 0x007fffffu /* the key of -inf; -inf and NaN keys below it hold the leaves */

typedef struct {
    uint32_t key;
    int32_t word;
} node;

typedef struct {
    const node *nodes;
    const int64_t *tree_starts; /* n_trees + 1 */
    const int64_t *value_starts;
    const double *values;
    ptrdiff_t n_trees, width; /* width: doubles in one leaf */
} forest;

typedef struct {
    const uint32_t *keys;
    ptrdiff_t n_rows, stride;
    uint32_t mask; /* which of a word's bits are the column */
    unsigned shift;
} batch;

ALWAYS_INLINE const node *
step(const node *at, const uint32_t *row, uint32_t mask, unsigned shift)
{
    const int64_t word = at->word;
    /* A mask and not `?:`, which compiles to a branch that mispredicts half the time. */
    const int64_t right = -(int64_t)(at->key < row[(uint32_t)word & mask]);
    return at + 1 + (right & (word >> shift));
}

ALWAYS_INLINE void
walk(const node **at, const uint32_t *const *row, int lanes, uint32_t mask, unsigned shift)
{
    int walking;
    do {
        for (int hop = 0; hop < HOPS; hop++)
            for (int lane = 0; lane < lanes; lane++)
                at[lane] = step(at[lane], row[lane], mask, shift);
        walking = 0;
        for (int lane = 0; lane < lanes; lane++)
            walking |= at[lane]->key >= FIRST_SPLIT;
    } while (walking);
}

ALWAYS_INLINE void
add_leaf(const forest *f, ptrdiff_t tree, const node *leaf, double *out)
{
    const double *value = f->values + (f->value_starts[tree] + leaf->key) * f->width;
    for (ptrdiff_t i = 0; i < f->width; i++)
        out[i] += value[i];
}

/* Lanes beyond the last row or tree walk the last one again and are not counted. */
ALWAYS_INLINE ptrdiff_t
at_most(ptrdiff_t i, ptrdiff_t last)
{
    return i < last ? i : last;
}

ALWAYS_INLINE void
walk_rows(const node *root, const batch *b, ptrdiff_t first, const node *at[ROW_LANES])
{
    const uint32_t *row[ROW_LANES];
    for (int lane = 0; lane < ROW_LANES; lane++) {
        at[lane] = root;
        row[lane] = b->keys + at_most(first + lane, b->n_rows - 1) * b->stride;
    }
    walk(at, row, ROW_LANES, b->mask, b->shift);
}

static void
add_tree_by_tree(const forest *f, const batch *b, double *out)
{
    for (ptrdiff_t tree = 0; tree < f->n_trees; tree++) {
        const node *root = f->nodes + f->tree_starts[tree];
        for (ptrdiff_t first = 0; first < b->n_rows; first += ROW_LANES) {
            const node *at[ROW_LANES];
            walk_rows(root, b, first, at);
            for (int lane = 0; lane < at_most(ROW_LANES, b->n_rows - first); lane++)
                add_leaf(f, tree, at[lane], out + (first + lane) * f->width);
        }
    }
}

static void
add_row_by_row(const forest *f, const batch *b, double *out)
{
    for (ptrdiff_t r = 0; r < b->n_rows; r++) {
        const uint32_t *row[TREE_LANES];
        for (int lane = 0; lane < TREE_LANES; lane++)
            row[lane] = b->keys + r * b->stride;
        for (ptrdiff_t first = 0; first < f->n_trees; first += TREE_LANES) {
            const node *at[TREE_LANES];
            for (int lane = 0; lane < TREE_LANES; lane++)
                at[lane] = f->nodes + f->tree_starts[at_most(first + lane, f->n_trees - 1)];
            walk(at, row, TREE_LANES, b->mask, b->shift);
            for (int lane = 0; lane < at_most(TREE_LANES, f->n_trees - first); lane++)
                add_leaf(f, first + lane, at[lane], out + r * f->width);
        }
    }
}

/* Whether every node of [start, end) leads forward and inside, and names a column and a value that exist.
 * Bitwise and not `&&`: half the nodes are leaves, and a branch on it would cost more than all the arithmetic. */
static int
tree_is_sound(const forest *f, ptrdiff_t tree, int64_t n_values, uint32_t n_columns, unsigned shift)
{
    const int64_t start = f->tree_starts[tree], end = f->tree_starts[tree + 1];
    const int64_t tree_values = n_values - f->value_starts[tree];
    const uint32_t columns = (1u << (shift - 1)) - 1;
    const int32_t leaf_word = (int32_t)(UINT32_MAX << shift);
    int bad = 0;
    for (int64_t i = start; i < end; i++) {
        const uint32_t key = f->nodes[i].key;
        const int32_t word = f->nodes[i].word;
        const int64_t left_size = word >> shift;
        const int leaf = key < FIRST_SPLIT;
        const int bad_leaf = (word != leaf_word) | (key >= tree_values);
        const int bad_split =
            (left_size < 1) | (left_size >= end - i - 1) | (((uint32_t)word & columns) >= n_columns);
        bad |= (leaf & bad_leaf) | ((leaf ^ 1) & bad_split);
    }
    return !bad;
}
