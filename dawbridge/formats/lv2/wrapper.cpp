// LV2 around a class that Faust wrote. Beside this file lie device.h, the class itself, and ports.h, its parameters in
// the order of their ports. It needs a C++17 compiler and no library:
//     g++ -std=c++17 -O2 -ffp-contract=fast -fPIC -shared -fvisibility=hidden -o NAME.so wrapper.cpp
// effect.h or instrument.h says how the class is played.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#if defined(__SSE__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

#include "ports.h"

// What the class knows of Faust's architecture files.

struct dsp {
    virtual ~dsp() = default;
};

struct Meta {
    void declare(const char*, const char*) {}
};

struct UI {
    float* zones[kParameters] = {};  // where the class keeps the value of each parameter
    float *frequency = nullptr, *gain = nullptr, *gate = nullptr;  // an instrument's note

    void openVerticalBox(const char*) {}
    void closeBox() {}
    void declare(float*, const char*, const char*) {}
    void addHorizontalSlider(const char* name, float* zone, float, float, float, float) { take(name, zone); }
    void addCheckButton(const char* name, float* zone) { take(name, zone); }
    void addButton(const char* name, float* zone) { take(name, zone); }

    // Whether the class knows all parameters.
    bool is_whole() const { return std::count(zones, zones + kParameters, nullptr) == 0; }

    // What a parameter's port says, if anything, as the class's value.
    void set(int place, const float* port) {
        const Parameter& row = parameters[place];
        float value = port && std::isfinite(*port) ? *port : row.standard;
        if (row.is_switch) value = value > 0 ? 1 : 0;
        *zones[place] = std::min(std::max(value, row.minimum), row.maximum);
    }

private:
    void take(const char* name, float* zone) {
        for (int place = 0; place < kParameters; ++place)
            if (!std::strcmp(parameters[place].name, name)) zones[place] = zone;
        if (!std::strcmp(name, "freq")) frequency = zone;
        if (!std::strcmp(name, "gain")) gain = zone;
        if (!std::strcmp(name, "gate")) gate = zone;
    }
};

// The sound is computed with fused multiply-add where the processor has it, as dawbridge's own render does: without, a
// compressor with a slow release ends up 25 dB further from it.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("default", "fma")))
#else
#define FOR_EACH_PROCESSOR
#endif

#include "device.h"

namespace {

// Denormal numbers are flushed while it runs, and the host's way is restored after: filters that ring out would be slow.
class FlushedDenormals {
#if defined(__SSE__) || defined(_M_X64)
    unsigned before = _mm_getcsr();

public:
    FlushedDenormals() { _mm_setcsr(before | 0x8040); }
    ~FlushedDenormals() { _mm_setcsr(before); }
#elif defined(__aarch64__)
    uint64_t before;
    static void set(uint64_t mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }

public:
    FlushedDenormals() {
        asm volatile("mrs %0, fpcr" : "=r"(before));
        set(before | (uint64_t(1) << 24));
    }
    ~FlushedDenormals() { set(before); }
#else
public:
    FlushedDenormals() {}
    ~FlushedDenormals() {}
#endif
};

// LV2's interface, as the specification gives it.

struct Feature {
    const char* uri;
    void* data;
};

#include PLUGIN

struct Descriptor {
    const char* uri;
    void* (*instantiate)(const Descriptor*, double, const char*, const Feature* const*);
    void (*connect_port)(void*, uint32_t, void*);
    void (*activate)(void*);
    void (*run)(void*, uint32_t);
    void (*deactivate)(void*);
    void (*cleanup)(void*);
    const void* (*extension_data)(const char*);
};

void* instantiate(const Descriptor*, double sample_rate, const char*, const Feature* const* features) {
    if (!(sample_rate >= 1 && sample_rate < 1e7)) return nullptr;
    Plugin* plugin = new (std::nothrow) Plugin(sample_rate, features);
    if (plugin && !plugin->is_whole()) {
        delete plugin;
        return nullptr;
    }
    return plugin;
}

void connect_port(void* plugin, uint32_t port, void* data) { static_cast<Plugin*>(plugin)->connect(port, data); }
void activate(void* plugin) { static_cast<Plugin*>(plugin)->clear(); }
void run(void* plugin, uint32_t length) { static_cast<Plugin*>(plugin)->run(length); }
void cleanup(void* plugin) { delete static_cast<Plugin*>(plugin); }

const Descriptor descriptor = {kUri, instantiate, connect_port, activate, run, nullptr, cleanup, nullptr};

}  // namespace

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

extern "C" EXPORT const void* lv2_descriptor(uint32_t index) { return index == 0 ? &descriptor : nullptr; }
