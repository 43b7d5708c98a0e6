/* A VST2 effect of our own that passes audio through, times its one parameter, and does one thing wrong.
 *
 * FAULT says what (compile with -DFAULT=...). The layout below is the plain C interface as hosts see it. */

#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTHING 0
#define CRASH 1         /* while it renders */
#define CRASH_ONCE 2    /* unless the file named by FAULT_MARK exists; it is made */
#define CRASH_ON_LOAD 3
#define HANG 4          /* while it renders */
#define HANG_ON_LOAD 5
#define EXIT 6          /* ends the process in peace */
#define NOT_A_NUMBER 7
#define PRINT 8         /* to standard output */
#define FORK 9          /* leaves a process of its own behind, its id in the file named by FAULT_MARK */
#define DELAY 10        /* by DELAY_SAMPLES, reported once it runs */

#define DELAY_SAMPLES 100
#define CAN_REPLACE (1 << 4)
enum { OPEN = 0, CLOSE = 1, PARAMETER_NAME = 8, RESUME = 12, CAN_BE_AUTOMATED = 26, EFFECT_NAME = 45, VENDOR = 47 };

typedef struct Effect Effect;
typedef intptr_t (*Host)(Effect *, int32_t, int32_t, intptr_t, void *, float);
typedef void (*Process)(Effect *, float **, float **, int32_t);

struct Effect {
    int32_t magic;
    intptr_t (*dispatch)(Effect *, int32_t, int32_t, intptr_t, void *, float);
    Process accumulate;
    void (*set)(Effect *, int32_t, float);
    float (*get)(Effect *, int32_t);
    int32_t programs, parameters, inputs, outputs, flags;
    intptr_t reserved[2];
    int32_t initial_delay, qualities[2];
    float io_ratio;
    void *object, *user;
    int32_t unique_id, version;
    Process replace;
    void *replace_double;
    char future[56];
};

typedef struct {
    float gain;
    float delayed[2][DELAY_SAMPLES];
    int position;
} State;

static void fail(int when_rendered) {
    if (FAULT == CRASH && when_rendered) abort();
    if (FAULT == CRASH_ON_LOAD && !when_rendered) abort();
    if (FAULT == CRASH_ONCE && when_rendered && open(getenv("FAULT_MARK"), O_CREAT | O_EXCL, 0600) >= 0) abort();
    if ((FAULT == HANG && when_rendered) || (FAULT == HANG_ON_LOAD && !when_rendered)) for (;;) sleep(1);
    if (FAULT == EXIT && when_rendered) _exit(0);
    if (FAULT == PRINT) { printf("noise from a plugin\n"); fflush(stdout); }
    if (FAULT == FORK && !when_rendered && fork() == 0) {
        FILE *mark = fopen(getenv("FAULT_MARK"), "w");
        fprintf(mark, "%d", (int)getpid());
        fclose(mark);
        for (;;) sleep(1);
    }
}

static void replace(Effect *effect, float **in, float **out, int32_t length) {
    fail(1);
    State *state = effect->object;
    for (int32_t i = 0; i < length; i++) {
        for (int channel = 0; channel < 2; channel++) {
            float sample = state->gain * in[channel][i];
            if (FAULT == DELAY) {
                float now = sample, *place = &state->delayed[channel][state->position];
                sample = *place;
                *place = now;
            }
            out[channel][i] = FAULT == NOT_A_NUMBER ? NAN : sample;
        }
        state->position = (state->position + 1) % DELAY_SAMPLES;
    }
}

static void set(Effect *effect, int32_t index, float value) { ((State *)effect->object)->gain = value; }
static float get(Effect *effect, int32_t index) { return ((State *)effect->object)->gain; }

static intptr_t dispatch(Effect *effect, int32_t opcode, int32_t index, intptr_t value, void *pointer, float option) {
    if (opcode == PARAMETER_NAME) strcpy(pointer, "Gain");
    if (opcode == EFFECT_NAME) strcpy(pointer, "Fault");
    if (opcode == VENDOR) strcpy(pointer, "dawbridge");
    if (opcode == RESUME && value && FAULT == DELAY) {
        State *state = effect->object;
        memset(state->delayed, 0, sizeof state->delayed);
        effect->initial_delay = DELAY_SAMPLES;
    }
    if (opcode == CLOSE) { free(effect->object); free(effect); }
    return opcode == CAN_BE_AUTOMATED || opcode == EFFECT_NAME || opcode == VENDOR;
}

__attribute__((visibility("default"))) Effect *VSTPluginMain(Host host) {
    fail(0);
    Effect *effect = calloc(1, sizeof *effect);
    State *state = calloc(1, sizeof *state);
    state->gain = 1.0f;
    *effect = (Effect){
        .magic = 'V' << 24 | 's' << 16 | 't' << 8 | 'P', .dispatch = dispatch, .accumulate = replace,
        .set = set, .get = get, .parameters = 1, .inputs = 2, .outputs = 2, .flags = CAN_REPLACE,
        .object = state, .unique_id = 'D' << 24 | 'w' << 16 | 'F' << 8 | 't', .version = 1, .replace = replace,
    };
    return effect;
}
