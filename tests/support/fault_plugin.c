/* A VST2 effect of our own that passes audio through, times its one parameter, and does one thing wrong.
 *
 * FAULT says what (compile with -DFAULT=...). The layout below is the plain C interface as hosts see it.
 * Each time it is loaded it adds its process's id to the file named by FAULT_LOG, where that is set. */

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
#define DELAY_LATE 11   /* the same, reported once it has been given sound */
#define DELAY_GROWS 12  /* reports another delay whenever it has been given sound */
#define CRASH_LATE 13   /* after LATE_SAMPLES of sound */
#define NAN_LATE 14     /* after LATE_SAMPLES of sound */
#define SOUNDS_ON 15    /* an echo that no reset clears */

#define DELAY_SAMPLES 100
#define LATE_SAMPLES 2000
#define IS_DELAY (FAULT == DELAY || FAULT == DELAY_LATE)
#define IO_CHANGED 13 /* what the plugin tells its host */
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
    float echo[2];
    int position, heard;
    Host host;
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

static void log_load(void) {
    if (!getenv("FAULT_LOG")) return;
    FILE *log = fopen(getenv("FAULT_LOG"), "a");
    fprintf(log, "%d\n", (int)getpid());
    fclose(log);
}

static void report_delay(Effect *effect, int delay) {
    if (effect->initial_delay == delay) return;
    effect->initial_delay = delay;
    ((State *)effect->object)->host(effect, IO_CHANGED, 0, 0, NULL, 0.0f);
}

static void hear(Effect *effect, float **in, int32_t length) {
    State *state = effect->object;
    int before = state->heard;
    for (int32_t i = 0; i < length; i++) state->heard += in[0][i] != 0.0f;
    if (state->heard == before) return;
    if (FAULT == DELAY_LATE) report_delay(effect, DELAY_SAMPLES);
    if (FAULT == DELAY_GROWS) report_delay(effect, effect->initial_delay + 10);
    if (FAULT == CRASH_LATE && state->heard > LATE_SAMPLES) abort();
}

static void replace(Effect *effect, float **in, float **out, int32_t length) {
    fail(1);
    State *state = effect->object;
    int heard = state->heard;
    hear(effect, in, length);
    for (int32_t i = 0; i < length; i++) {
        heard += in[0][i] != 0.0f;
        for (int channel = 0; channel < 2; channel++) {
            float sample = state->gain * in[channel][i];
            if (FAULT == SOUNDS_ON) {
                sample += state->echo[channel];
                state->echo[channel] = 0.999f * state->echo[channel] + 0.1f * in[channel][i];
            }
            if (IS_DELAY) {
                float now = sample, *place = &state->delayed[channel][state->position];
                sample = *place;
                *place = now;
            }
            int is_bad = FAULT == NOT_A_NUMBER || (FAULT == NAN_LATE && heard > LATE_SAMPLES);
            out[channel][i] = is_bad ? NAN : sample;
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
    if (opcode == RESUME && value) {
        State *state = effect->object;
        memset(state->delayed, 0, sizeof state->delayed);
        state->heard = 0;
        if (FAULT == DELAY) effect->initial_delay = DELAY_SAMPLES;
    }
    if (opcode == CLOSE) { free(effect->object); free(effect); }
    return opcode == CAN_BE_AUTOMATED || opcode == EFFECT_NAME || opcode == VENDOR;
}

__attribute__((visibility("default"))) Effect *VSTPluginMain(Host host) {
    log_load();
    fail(0);
    Effect *effect = calloc(1, sizeof *effect);
    State *state = calloc(1, sizeof *state);
    state->gain = 1.0f;
    state->host = host;
    *effect = (Effect){
        .magic = 'V' << 24 | 's' << 16 | 't' << 8 | 'P', .dispatch = dispatch, .accumulate = replace,
        .set = set, .get = get, .parameters = 1, .inputs = 2, .outputs = 2, .flags = CAN_REPLACE,
        .object = state, .unique_id = 'D' << 24 | 'w' << 16 | 'F' << 8 | 't', .version = 1, .replace = replace,
    };
    return effect;
}
