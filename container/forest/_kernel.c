/* The compiled forest's inner loop. numpy_kernel.py is the same contract in NumPy: read it first.
 *
 * Everything here is an integer. Thresholds and row values are float32 mapped to uint32 "keys" that order as the
 * floats do, so `x <= threshold` is one unsigned comparison whose borrow is the mask that picks the child:
 *
 *     key < FIRST_SPLIT   a leaf; key is the index of its value among its tree's values
 *     key >= FIRST_SPLIT  a split; word = nodes in the left subtree << shift | column (its top bit: NaN goes left)
 *
 * The left child is the next node, the right child follows the left subtree. A leaf's word is -1 << shift, which
 * makes its "right child" itself, and its key is below any row's, so it always goes right: walking past the end of
 * a path is harmless, and no step asks whether it stands on a leaf. Latency is hidden by walking LANES paths at once.
 *
 * The arrays are trusted: layout.read has run check() over them.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The arrays are little-endian; the NumPy kernel serves here."
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum {
    LANES = 8,         /* paths walked at once: more spills registers, fewer leaves memory idle */
    HOPS = 4,          /* steps between two looks at whether all lanes have arrived */
    ROWS_FROM = 1024,  /* from so many rows on, one tree for all rows; below, all trees for one row */
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
    Py_ssize_t n_trees, width; /* width: doubles in one leaf */
} forest;

typedef struct {
    const uint32_t *keys;
    Py_ssize_t n_rows, stride;
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
walk(const node *at[LANES], const uint32_t *const row[LANES], uint32_t mask, unsigned shift)
{
    int walking;
    do {
        for (int hop = 0; hop < HOPS; hop++)
            for (int lane = 0; lane < LANES; lane++)
                at[lane] = step(at[lane], row[lane], mask, shift);
        walking = 0;
        for (int lane = 0; lane < LANES; lane++)
            walking |= at[lane]->key >= FIRST_SPLIT;
    } while (walking);
}

ALWAYS_INLINE void
add_leaf(const forest *f, Py_ssize_t tree, const node *leaf, double *out)
{
    const double *value = f->values + (f->value_starts[tree] + leaf->key) * f->width;
    for (Py_ssize_t i = 0; i < f->width; i++)
        out[i] += value[i];
}

/* Lanes beyond the last row or tree walk the last one again and are not counted. */
ALWAYS_INLINE Py_ssize_t
at_most(Py_ssize_t i, Py_ssize_t last)
{
    return i < last ? i : last;
}

ALWAYS_INLINE void
walk_rows(const node *root, const batch *b, Py_ssize_t first, const node *at[LANES])
{
    const uint32_t *row[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        at[lane] = root;
        row[lane] = b->keys + at_most(first + lane, b->n_rows - 1) * b->stride;
    }
    walk(at, row, b->mask, b->shift);
}

static void
add_tree_by_tree(const forest *f, const batch *b, double *out)
{
    for (Py_ssize_t tree = 0; tree < f->n_trees; tree++) {
        const node *root = f->nodes + f->tree_starts[tree];
        for (Py_ssize_t first = 0; first < b->n_rows; first += LANES) {
            const node *at[LANES];
            walk_rows(root, b, first, at);
            for (int lane = 0; lane < at_most(LANES, b->n_rows - first); lane++)
                add_leaf(f, tree, at[lane], out + (first + lane) * f->width);
        }
    }
}

static void
add_row_by_row(const forest *f, const batch *b, double *out)
{
    for (Py_ssize_t r = 0; r < b->n_rows; r++) {
        const uint32_t *row[LANES];
        for (int lane = 0; lane < LANES; lane++)
            row[lane] = b->keys + r * b->stride;
        for (Py_ssize_t first = 0; first < f->n_trees; first += LANES) {
            const node *at[LANES];
            for (int lane = 0; lane < LANES; lane++)
                at[lane] = f->nodes + f->tree_starts[at_most(first + lane, f->n_trees - 1)];
            walk(at, row, b->mask, b->shift);
            for (int lane = 0; lane < at_most(LANES, f->n_trees - first); lane++)
                add_leaf(f, first + lane, at[lane], out + r * f->width);
        }
    }
}

/* Whether every node of [start, end) leads forward and inside, and names a column and a value that exist.
 * Bitwise and not `&&`: half the nodes are leaves, and a branch on it would cost more than all the arithmetic. */
static int
tree_is_sound(const forest *f, Py_ssize_t tree, int64_t n_values, uint32_t n_columns, unsigned shift)
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
        const int bad_split = (left_size < 1) | (left_size >= end - i - 1) | (((uint32_t)word & columns) >= n_columns);
        bad |= (leaf & bad_leaf) | ((leaf ^ 1) & bad_split);
    }
    return !bad;
}

/* Python's side ------------------------------------------------------------------------------------------------ */

/* The buffers of one call, released together. */
typedef struct {
    Py_buffer buffers[6];
    int count;
} arrays;

static void *
hold(arrays *held, PyObject *array, int flags)
{
    Py_buffer *buffer = &held->buffers[held->count];
    if (PyObject_GetBuffer(array, buffer, PyBUF_ND | flags) < 0)
        return NULL;
    held->count++;
    return buffer->buf ? buffer->buf : buffer; /* never NULL: an empty array has no address of its own */
}

static PyObject *
release(arrays *held, PyObject *result)
{
    while (held->count > 0)
        PyBuffer_Release(&held->buffers[--held->count]);
    return result;
}

static PyObject *
misfit(arrays *held)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the arrays' sizes don't fit together");
    return release(held, NULL);
}

static Py_ssize_t
columns_of(const Py_buffer *b)
{
    return b->ndim == 2 ? b->shape[1] : 0;
}

PyDoc_STRVAR(encode_doc, "encode(values, keys) -> int: see numpy_kernel.encode");

static PyObject *
encode(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *in, *out;
    arrays held = {.count = 0};
    if (!PyArg_ParseTuple(args, "OO", &in, &out))
        return NULL;
    const float *values = hold(&held, in, 0);
    uint32_t *keys = hold(&held, out, PyBUF_WRITABLE);
    if (!values || !keys || held.buffers[0].len != held.buffers[1].len)
        return misfit(&held);
    uint32_t nan = 0, inf = 0;
    for (Py_ssize_t i = 0; i < held.buffers[0].len / 4; i++) {
        const float value = values[i] + 0.0f; /* -0.0 becomes 0.0: they compare equal, so their keys must */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        const uint32_t is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
        nan |= is_nan;
        inf |= (bits & 0x7fffffffu) == 0x7f800000u;
        keys[i] = (bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u)) | -is_nan;
    }
    return release(&held, PyLong_FromLong((long)(nan | inf << 1)));
}

PyDoc_STRVAR(add_doc,
             "add(nodes, tree_starts, value_starts, values, keys, mask, shift, out): see numpy_kernel.add");

static PyObject *
add(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *tree_starts, *value_starts, *values, *keys, *sums;
    arrays held = {.count = 0};
    forest f;
    batch b;
    if (!PyArg_ParseTuple(args, "OOOOOIIO", &nodes, &tree_starts, &value_starts, &values, &keys, &b.mask, &b.shift,
                          &sums))
        return NULL;
    double *out;
    if (!(f.nodes = hold(&held, nodes, 0)) || !(f.tree_starts = hold(&held, tree_starts, 0)) ||
        !(f.value_starts = hold(&held, value_starts, 0)) || !(f.values = hold(&held, values, 0)) ||
        !(b.keys = hold(&held, keys, 0)) || !(out = hold(&held, sums, PyBUF_WRITABLE)))
        return misfit(&held);
    f.n_trees = held.buffers[2].len / 8;
    f.width = columns_of(&held.buffers[3]);
    b.stride = columns_of(&held.buffers[4]);
    b.n_rows = b.stride ? held.buffers[4].shape[0] : 0;
    if (held.buffers[1].len != (f.n_trees + 1) * 8 || held.buffers[5].len != b.n_rows * f.width * 8 || b.shift > 31)
        return misfit(&held);
    Py_BEGIN_ALLOW_THREADS
    if (b.n_rows >= ROWS_FROM || f.n_trees < LANES)
        add_tree_by_tree(&f, &b, out);
    else
        add_row_by_row(&f, &b, out);
    Py_END_ALLOW_THREADS
    return release(&held, Py_NewRef(Py_None));
}

PyDoc_STRVAR(leaves_doc, "leaves(nodes, keys, mask, shift, out): see numpy_kernel.leaves");

static PyObject *
leaves(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *keys, *leaf_of;
    arrays held = {.count = 0};
    batch b;
    if (!PyArg_ParseTuple(args, "OOIIO", &nodes, &keys, &b.mask, &b.shift, &leaf_of))
        return NULL;
    const node *root;
    uint32_t *out;
    if (!(root = hold(&held, nodes, 0)) || !(b.keys = hold(&held, keys, 0)) ||
        !(out = hold(&held, leaf_of, PyBUF_WRITABLE)))
        return misfit(&held);
    b.stride = columns_of(&held.buffers[1]);
    b.n_rows = b.stride ? held.buffers[1].shape[0] : 0;
    if (held.buffers[2].len != b.n_rows * 4 || b.shift > 31)
        return misfit(&held);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t first = 0; first < b.n_rows; first += LANES) {
        const node *at[LANES];
        walk_rows(root, &b, first, at);
        for (int lane = 0; lane < at_most(LANES, b.n_rows - first); lane++)
            out[first + lane] = (uint32_t)(at[lane] - root);
    }
    Py_END_ALLOW_THREADS
    return release(&held, Py_NewRef(Py_None));
}

PyDoc_STRVAR(check_doc, "check(nodes, tree_starts, value_starts, n_values, n_columns, shift) -> int: "
                        "see numpy_kernel.check");

static PyObject *
check(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *tree_starts, *value_starts;
    arrays held = {.count = 0};
    forest f = {0};
    long long n_values;
    unsigned int n_columns, shift;
    if (!PyArg_ParseTuple(args, "OOOLII", &nodes, &tree_starts, &value_starts, &n_values, &n_columns, &shift))
        return NULL;
    if (!(f.nodes = hold(&held, nodes, 0)) || !(f.tree_starts = hold(&held, tree_starts, 0)) ||
        !(f.value_starts = hold(&held, value_starts, 0)))
        return misfit(&held);
    f.n_trees = held.buffers[2].len / 8;
    if (held.buffers[1].len != (f.n_trees + 1) * 8 || shift < 1 || shift > 31 ||
        held.buffers[0].len / (Py_ssize_t)sizeof(node) != f.tree_starts[f.n_trees])
        return misfit(&held);
    Py_ssize_t tree = 0;
    Py_BEGIN_ALLOW_THREADS
    while (tree < f.n_trees && tree_is_sound(&f, tree, n_values, n_columns, shift))
        tree++;
    Py_END_ALLOW_THREADS
    return release(&held, PyLong_FromSsize_t(tree < f.n_trees ? tree : -1));
}

static PyMethodDef methods[] = {
    {"encode", encode, METH_VARARGS, encode_doc},
    {"add", add, METH_VARARGS, add_doc},
    {"leaves", leaves, METH_VARARGS, leaves_doc},
    {"check", check, METH_VARARGS, check_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "container.forest._kernel",
    .m_doc = "The compiled forest's inner loop; numpy_kernel.py documents the contract.",
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__kernel(void)
{
    return PyModuleDef_Init(&module);
}
