// An effect: audio in, audio out. Audio ports come first: 0 and 1 in, 2 and 3 out, then what steers the device from the
// side; then the parameters.

constexpr uint32_t kFirstParameter = 2 + kInputs;
constexpr uint32_t kPorts = kFirstParameter + kParameters;
constexpr uint32_t kChunk = 1024;

class Plugin {
    Device device;
    UI controls;
    float* ports[kPorts] = {};
    float inputs[kInputs][kChunk] = {};

    static uint32_t input_port(int input) { return input < 2 ? input : input + 2; }

    // A host may pass one buffer as input and output, so inputs are read before anything is written.
    void compute(uint32_t start, uint32_t count) {
        float *in[kInputs], *out[] = {ports[2] + start, ports[3] + start};
        for (int input = 0; input < kInputs; ++input) {
            in[input] = inputs[input];
            if (const float* port = ports[input_port(input)])
                std::memcpy(in[input], port + start, count * sizeof(float));
            else
                std::memset(in[input], 0, count * sizeof(float));
        }
        device.compute(int(count), in, out);
    }

public:
    Plugin(double sample_rate, const Feature* const*) {
        device.init(int(std::lround(sample_rate)));
        device.buildUserInterface(&controls);
    }

    bool is_whole() const { return controls.is_whole(); }

    void connect(uint32_t port, void* data) {
        if (port < kPorts) ports[port] = static_cast<float*>(data);
    }

    void clear() { device.instanceClear(); }

    void run(uint32_t length) {
        if (!ports[2] || !ports[3]) return;
        FlushedDenormals flushed;
        for (int place = 0; place < kParameters; ++place) controls.set(place, ports[kFirstParameter + place]);
        for (uint32_t start = 0; start < length; start += kChunk) compute(start, std::min(kChunk, length - start));
    }
};
