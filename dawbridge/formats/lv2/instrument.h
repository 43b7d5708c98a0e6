// An instrument: notes in, audio out. Ports 0 and 1 are audio out, 2 the notes; then come the parameters.
//
// Which voice plays which note is as in dawbridge's own render, where Faust's own host has the voices and computes them
// sample by sample: only so does a note begin at the same phase. A voice's third output is no sound: it keeps it.

// What an LV2 atom port holds, and the host's numbers for words.

struct Atom {
    uint32_t size, type;
};

struct Sequence {
    Atom atom;
    uint32_t unit, pad;
};

struct Event {
    int64_t frame;
    Atom atom;
};

struct Map {
    void* handle;
    uint32_t (*map)(void*, const char*);
};

constexpr uint32_t kFirstParameter = 3;
constexpr uint32_t kPorts = kFirstParameter + kParameters;
constexpr uint32_t kChunk = 1024;
constexpr int kOutputs = 3;
constexpr double kSilence = 0.00003162;  // of a released voice: -90 dB

enum State { kFree, kHeld, kReleased, kStolen };

class Voice {
    Device device;
    UI controls;

public:
    State state = kFree;
    int pitch = 0, velocity = 0;
    uint32_t uses = 0;  // how often it was given a note

    void init(int sample_rate) {
        device.init(sample_rate);
        device.buildUserInterface(&controls);
    }

    bool is_whole() const { return controls.is_whole() && controls.frequency && controls.gain && controls.gate; }

    void set(int place, const float* port) { controls.set(place, port); }

    void clear() {
        device.instanceClear();
        state = kFree;
        uses = 0;
    }

    void begin() {
        *controls.frequency = float(440.0 * std::pow(2.0, (pitch - 69.0) / 12.0));
        *controls.gain = float(velocity / 127.0);
        *controls.gate = 1;
        state = kHeld;
    }

    void release() {
        *controls.gate = 0;
        state = kReleased;
    }

    // Computes up to `count` samples; how many there are: a released voice ends with the first sample that is silent.
    uint32_t compute(uint32_t count, float** outputs) {
        if (state != kReleased) {
            device.compute(int(count), nullptr, outputs);
            return count;
        }
        const Device before = device;
        device.compute(int(count), nullptr, outputs);
        for (uint32_t place = 0; place < count; ++place) {
            float squares = 0;
            for (int row = 0; row < kOutputs; ++row) squares += outputs[row][place] * outputs[row][place];
            if (std::sqrt(squares / kOutputs) >= kSilence) continue;
            device = before;
            device.compute(int(place + 1), nullptr, outputs);
            state = kFree;
            return place + 1;
        }
        return count;
    }
};

class Plugin {
    Voice voices[kVoices];
    void* ports[kPorts] = {};
    uint32_t midi_event = 0;
    float heard[kOutputs][kChunk] = {};  // what one voice gives
    float latest[kOutputs] = {};         // the last sample that any voice gave

    float* audio(int side) { return static_cast<float*>(ports[side]); }

    // Adds `count` samples of all voices, at most one where a voice was stolen; how many these were.
    uint32_t compute(uint32_t start, uint32_t count) {
        for (const Voice& voice : voices)
            if (voice.state == kStolen) count = 1;
        uint32_t reached = 0;
        for (Voice& voice : voices) {
            if (voice.state == kFree) continue;
            uint32_t made = 1;
            if (voice.state == kStolen) {
                // Faust's host fades a stolen voice over half of what it computes: half of one sample is none, and what
                // the voice before it gave sounds twice.
                voice.begin();
                for (int output = 0; output < kOutputs; ++output) heard[output][0] = latest[output];
            } else {
                float* outputs[] = {heard[0], heard[1], heard[2]};
                made = voice.compute(count, outputs);
            }
            for (int side = 0; side < 2; ++side)
                for (uint32_t place = 0; place < made; ++place) audio(side)[start + place] += heard[side][place];
            if (made < reached) continue;
            reached = made;
            for (int output = 0; output < kOutputs; ++output) latest[output] = heard[output][made - 1];
        }
        return count;
    }

    void play(uint32_t start, uint32_t end) {
        while (start < end) start += compute(start, std::min(kChunk, end - start));
    }

    // The voice in one of two states that was used least; null where there is none.
    Voice* least_used(State one, State other) {
        Voice* found = nullptr;
        for (Voice& voice : voices)
            if ((voice.state == one || voice.state == other) && (!found || voice.uses < found->uses)) found = &voice;
        return found;
    }

    void note_on(int pitch, int velocity) {
        Voice* voice = std::find_if(voices, voices + kVoices, [](const Voice& row) { return row.state == kFree; });
        const bool is_free = voice != voices + kVoices;
        if (!is_free && !(voice = least_used(kReleased, kReleased))) voice = least_used(kHeld, kStolen);
        ++voice->uses;
        voice->pitch = pitch;
        voice->velocity = velocity;
        if (is_free)
            voice->begin();
        else
            voice->state = kStolen;
    }

    void note_off(int pitch) {
        Voice* found = nullptr;
        for (Voice& voice : voices)
            if (is_playing(voice) && voice.pitch == pitch && (!found || voice.uses < found->uses)) found = &voice;
        if (found) found->release();
    }

    static bool is_playing(const Voice& voice) { return voice.state == kHeld || voice.state == kStolen; }

    void take(const uint8_t* message, uint32_t size) {
        if (size < 3) return;
        const int kind = message[0] & 0xf0, first = message[1] & 0x7f, second = message[2] & 0x7f;
        if (kind == 0x90 && second)
            note_on(first, second);
        else if (kind == 0x80 || kind == 0x90)
            note_off(first);
        else if (kind == 0xb0 && (first == 120 || first == 123))  // all sound off, all notes off
            for (Voice& voice : voices) first == 120 ? voice.clear() : is_playing(voice) ? voice.release() : void();
    }

public:
    Plugin(double sample_rate, const Feature* const* features) {
        for (Voice& voice : voices) voice.init(int(std::lround(sample_rate)));
        for (; features && *features; ++features) {
            if (std::strcmp((*features)->uri, "http://lv2plug.in/ns/ext/urid#map")) continue;
            const Map* words = static_cast<const Map*>((*features)->data);
            midi_event = words->map(words->handle, "http://lv2plug.in/ns/ext/midi#MidiEvent");
        }
    }

    // Whether it can be played.
    bool is_whole() const {
        return midi_event && std::all_of(voices, voices + kVoices, [](const Voice& voice) { return voice.is_whole(); });
    }

    void connect(uint32_t port, void* data) {
        if (port < kPorts) ports[port] = data;
    }

    void clear() {
        for (Voice& voice : voices) voice.clear();
        std::fill_n(latest, kOutputs, 0.0f);
    }

    void run(uint32_t length) {
        if (!ports[0] || !ports[1]) return;
        FlushedDenormals flushed;
        for (int place = 0; place < kParameters; ++place)
            for (Voice& voice : voices) voice.set(place, static_cast<float*>(ports[kFirstParameter + place]));
        for (int side = 0; side < 2; ++side) std::fill_n(audio(side), length, 0.0f);
        uint32_t now = 0;
        if (const auto* sequence = static_cast<const Sequence*>(ports[2])) {
            const char* row = reinterpret_cast<const char*>(sequence + 1);
            const char* end = reinterpret_cast<const char*>(&sequence->unit) + sequence->atom.size;
            while (row + sizeof(Event) <= end) {
                const auto* event = reinterpret_cast<const Event*>(row);
                if (event->atom.size > size_t(end - row) - sizeof(Event)) break;
                if (event->atom.type == midi_event) {
                    const auto at = uint32_t(std::min(std::max(event->frame, int64_t(now)), int64_t(length)));
                    play(now, at);
                    now = at;
                    take(reinterpret_cast<const uint8_t*>(event + 1), event->atom.size);
                }
                row += sizeof(Event) + (size_t(event->atom.size) + 7) / 8 * 8;
            }
        }
        play(now, length);
    }
};
