#include <ouro/feed/nats.hpp>

#include <nats/nats.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ouro/base/networks.hpp>

namespace ouro::feed {

namespace {

using Kind_ = SinkError::Kind;

template <class T, void (*destroy)(T*)>
struct Destroyer {
    void operator()(T* made) const { destroy(made); }
};
template <class T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroyer<T, destroy>>;
using OptionsPtr = Owned<natsOptions, natsOptions_Destroy>;
using ConnectionPtr = Owned<natsConnection, natsConnection_Destroy>;
using ContextPtr = Owned<jsCtx, jsCtx_Destroy>;
using MessagePtr = Owned<natsMsg, natsMsg_Destroy>;
using SubscriptionPtr = Owned<natsSubscription, natsSubscription_Destroy>;
using InfoPtr = Owned<jsStreamInfo, jsStreamInfo_Destroy>;
using MetaPtr = Owned<jsMsgMetaData, jsMsgMetaData_Destroy>;

/// Errors that pass: the server, or JetStream in it, is not there or not ready.
bool passes(natsStatus status, int code) {
    if (code == JSClusterNotAvailErr || code == JSClusterNotLeaderErr || code == JSClusterIncompleteErr) return true;
    switch (status) {
        case NATS_IO_ERROR:
        case NATS_CONNECTION_CLOSED:
        case NATS_CONNECTION_DISCONNECTED:
        case NATS_NO_SERVER:
        case NATS_STALE_CONNECTION:
        case NATS_TIMEOUT:
        case NATS_NO_RESPONDERS:
        case NATS_MISSED_HEARTBEAT:
        case NATS_MISMATCH: return code == 0;
        default: return false;
    }
}

/// What the user of a server can do about an error whose text does not say it.
std::string_view advice(natsStatus status, int code) {
    switch (code) {
        case JSAccountResourcesExceededErr:
        case JSInsufficientResourcesErr:
        case JSMemoryResourcesExceededErr:
        case JSStorageResourcesExceededErr:
            return "; the server's store is full: make room on its disk, or raise max_file_store in its configuration";
        default: break;
    }
    if (status == NATS_TIMEOUT) return "; a server whose disk is full does not answer, either";
    return {};
}

SinkError error_of(const std::string& what, natsStatus status, int code, std::string_view text) {
    const bool lost = passes(status, code);
    const bool overtaken = code == JSStreamWrongLastSequenceErr || code == JSStreamWrongLastMsgIDErr;
    if (const auto place = text.find("): "); text.starts_with("(") && place != text.npos)
        text.remove_prefix(place + 3);  // in the code of the client
    const std::string reason = printable(text.empty() ? natsStatus_GetText(status) : text);
    return {overtaken ? Kind_::overtaken
            : lost    ? Kind_::lost
                      : Kind_::refused,
            what + ": " + reason + std::string(advice(status, code))};
}

void check(const std::string& what, natsStatus status, jsErrCode code = {}) {
    if (status == NATS_OK) return;
    natsStatus last = NATS_OK;
    const char* text = nats_GetLastError(&last);
    throw error_of(what, status, static_cast<int>(code), last == status && text != nullptr ? text : "");
}

/// The URLs of a list with commas.
std::vector<std::string> urls_of(std::string_view list) {
    std::vector<std::string> urls;
    for (;;) {
        const auto comma = list.find(',');
        urls.emplace_back(list.substr(0, comma));
        if (comma == list.npos) return urls;
        list.remove_prefix(comma + 1);
    }
}

/// URLs for a message, without the users and passwords in them.
std::string text_of(const std::vector<std::string>& urls) {
    std::string text;
    for (const std::string& url : urls) {
        const auto scheme = url.find("://"), at = url.rfind('@');
        const auto user = scheme < at ? scheme + 3 : 0;
        text += text.empty() ? "" : ", ";
        text += printable(at == url.npos ? url : url.substr(0, user) + url.substr(at + 1));
    }
    return text;
}

std::string name_of(NetworkMagic network) {
    const auto name = network_name(network);
    return name.empty() ? std::to_string(static_cast<std::uint32_t>(network)) : std::string(name);
}

std::string upper(std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
    return text;
}

std::uint64_t sequence_of(natsMsg* message) {
    jsMsgMetaData* made = nullptr;
    check("a message of the stream", natsMsg_GetMetaData(&made, message));
    return MetaPtr(made)->Sequence.Stream;
}

Record record_of(natsMsg* message) {
    Record record;
    const char** keys = nullptr;
    int count = 0;
    if (natsMsgHeader_Keys(message, &keys, &count) == NATS_OK) {
        for (int i = 0; i < count; ++i) {
            const char* value = nullptr;
            if (natsMsgHeader_Get(message, keys[i], &value) == NATS_OK) record.fields.emplace_back(keys[i], value);
        }
        std::free(static_cast<void*>(keys));
    }
    const auto size = static_cast<std::size_t>(std::max(natsMsg_GetDataLength(message), 0));
    record.body = Bytes::copy({reinterpret_cast<const std::uint8_t*>(natsMsg_GetData(message)), size});
    return record;
}

/// What callbacks of the client report to. They have the number of an entry of `reports`, because the client may call
/// them after the connection is destroyed.
struct Reporter {
    std::mutex mutex;
    Sink::Report report;
    std::atomic<bool> failed{false};

    void stored(std::uint64_t sequence) {
        const std::lock_guard lock(mutex);
        if (report && !failed) report(sequence, std::nullopt);
    }
    void fail(const SinkError& error) {
        const std::lock_guard lock(mutex);
        if (!failed.exchange(true) && report) report(0, error);
    }
};

std::mutex reports_mutex;
std::map<std::uintptr_t, std::shared_ptr<Reporter>> reports;

std::shared_ptr<Reporter> reporter(void* closure) {
    const std::lock_guard lock(reports_mutex);
    const auto found = reports.find(reinterpret_cast<std::uintptr_t>(closure));
    return found == reports.end() ? nullptr : found->second;
}

void on_closed(natsConnection*, void* closure) {
    if (const auto to = reporter(closure)) to->fail({Kind_::lost, "the connection to the NATS server was lost"});
}

void on_stored(jsCtx*, natsMsg* message, jsPubAck* stored, jsPubAckErr* error, void* closure) {
    const MessagePtr owned(message);
    const auto to = reporter(closure);
    if (!to) return;
    if (error != nullptr)
        return to->fail(error_of("the stream does not store an event", error->Err, static_cast<int>(error->ErrCode),
                                 error->ErrText != nullptr ? error->ErrText : ""));
    const char* expected = nullptr;
    (void)natsMsgHeader_Get(message, "Ouro-Sequence", &expected);
    if (stored->Duplicate || expected == nullptr || std::to_string(stored->Sequence) != expected)
        return to->fail({Kind_::overtaken, "the stream has an event already"});
    to->stored(stored->Sequence);
}

void on_request(natsConnection* connection, natsSubscription*, natsMsg* message, void*) {
    const MessagePtr owned(message);
    if (const char* reply = natsMsg_GetReply(message)) (void)natsConnection_PublishString(connection, reply, "feeder");
}

}  // namespace

struct NatsSink::Connection {
    std::uintptr_t id = 0;
    std::shared_ptr<Reporter> reporter = std::make_shared<Reporter>();
    ConnectionPtr connection;
    ContextPtr stream;
    SubscriptionPtr occupied;
    // In clients before 3.6.1 the thread that reads may still use a subscription that is destroyed. So they are kept
    // until that thread has ended.
    std::vector<SubscriptionPtr> ended;
    std::string last_id;  // of the last message that was sent
    std::string end_id;   // of the last one that changed the chain

    Connection() {
        static std::uintptr_t last = 0;
        const std::lock_guard lock(reports_mutex);
        id = ++last;
        reports.emplace(id, reporter);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        {
            const std::lock_guard lock(reports_mutex);
            reports.erase(id);
        }
        {
            const std::lock_guard lock(reporter->mutex);
            reporter->report = {};
        }
        // Ends the thread that reads, before the subscriptions are destroyed.
        if (connection) natsConnection_Close(connection.get());
    }
    [[nodiscard]] void* closure() const { return reinterpret_cast<void*>(id); }
};

NatsSink::NatsSink(NatsOptions options) : options_(std::move(options)) {
    if (options_.largest == 0) throw std::invalid_argument("NatsOptions::largest is zero");
    if (options_.patience < std::chrono::milliseconds(1))
        throw std::invalid_argument("NatsOptions::patience is below a millisecond");
    if (options_.stream.empty()) options_.stream = "CARDANO_" + upper(name_of(options_.network));
    if (options_.subject.empty()) options_.subject = "cardano." + name_of(options_.network);
}

NatsSink::~NatsSink() = default;

Sink::Extent NatsSink::open(Report report) {
    connection_.reset();
    connection_ = std::make_unique<Connection>();
    connection_->reporter->report = std::move(report);
    const auto urls = urls_of(options_.url);
    const std::string server = "the NATS server at " + text_of(urls);
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(options_.patience).count();

    natsOptions* made = nullptr;
    check("the options of NATS", natsOptions_Create(&made));
    const OptionsPtr with(made);
    std::vector<const char*> servers;
    for (const std::string& url : urls) servers.push_back(url.c_str());
    check(server, natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())));
    check(server, natsOptions_SetAllowReconnect(made, false));
    check(server, natsOptions_SetTimeout(made, wait));
    check(server, natsOptions_SetWriteDeadline(made, wait));
    check(server, natsOptions_SetPingInterval(made, wait));
    check(server, natsOptions_SetMaxPingsOut(made, 1));
    check(server, natsOptions_SetName(made, "ouro-feed"));
    check(server, natsOptions_SetClosedCB(made, on_closed, connection_->closure()));
    if (!options_.user.empty())
        check("user", natsOptions_SetUserInfo(made, options_.user.c_str(), options_.password.c_str()));
    if (!options_.token.empty()) check("token", natsOptions_SetToken(made, options_.token.c_str()));
    if (!options_.credentials.empty())
        check(options_.credentials,
              natsOptions_SetUserCredentialsFromFiles(made, options_.credentials.c_str(), nullptr));
    // The client takes `tls:` like `nats:`, and would go on without TLS.
    const bool tls = options_.tls || !options_.ca.empty() || !options_.certificate.empty() ||
                     std::any_of(urls.begin(), urls.end(), [](const auto& url) { return url.starts_with("tls:"); });
    if (tls) check("TLS", natsOptions_SetSecure(made, true));
    if (!options_.ca.empty()) check(options_.ca, natsOptions_LoadCATrustedCertificates(made, options_.ca.c_str()));
    if (!options_.certificate.empty())
        check(options_.certificate,
              natsOptions_LoadCertificatesChain(made, options_.certificate.c_str(), options_.key.c_str()));

    natsConnection* connection = nullptr;
    auto connected = natsConnection_Connect(&connection, made);
    // A server that has just died is not there for the second attempt.
    if (connected == NATS_PROTOCOL_ERROR) connected = natsConnection_Connect(&connection, made);
    if (tls && connected == NATS_PROTOCOL_ERROR)  // the server verifies a client after the client's own handshake
        throw SinkError(Kind_::refused,
                        server + " has closed the connection after the TLS handshake, as it does when " +
                            (options_.certificate.empty()
                                 ? "it requires a certificate of its clients"
                                 : "it does not accept the certificate " + printable(options_.certificate)));
    check(server, connected);
    connection_->connection.reset(connection);
    jsOptions options;
    check("JetStream", jsOptions_Init(&options));
    options.Wait = wait;
    options.PublishAsync.AckHandler = on_stored;
    options.PublishAsync.AckHandlerClosure = connection_->closure();
    jsCtx* context = nullptr;
    check("JetStream", natsConnection_JetStream(&context, connection, &options));
    connection_->stream.reset(context);

    const auto payload = natsConnection_GetMaxPayload(connection);
    if (payload < 0 || static_cast<std::size_t>(payload) < options_.largest)
        throw SinkError(Kind_::refused, server + " takes messages of " + std::to_string(payload) + " bytes, and " +
                                            std::to_string(options_.largest) +
                                            " are needed: set max_payload in its configuration");

    const std::string what = "the stream " + printable(options_.stream);
    std::array<std::string, kind_names.size()> subjects;
    std::array<const char*, kind_names.size()> names{};
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        subjects[i] = options_.subject + "." + std::string(kind_names[i]);
        names[i] = subjects[i].c_str();
    }
    jsStreamInfo* info = nullptr;
    jsErrCode code{};
    auto status = js_GetStreamInfo(&info, context, options_.stream.c_str(), nullptr, &code);
    if (options_.create && (code == JSStreamNotFoundErr || status == NATS_NOT_FOUND)) {
        jsStreamConfig config;
        check(what, jsStreamConfig_Init(&config));
        config.Name = options_.stream.c_str();
        config.Subjects = names.data();
        config.SubjectsLen = static_cast<int>(names.size());
        config.Storage = js_FileStorage;
        code = {};
        status = js_AddStream(&info, context, &config, nullptr, &code);
        if (code == JSStreamNameExistErr) status = js_GetStreamInfo(&info, context, config.Name, nullptr, &code);
    }
    check(what, status, code);
    const InfoPtr owned(info);
    const auto& config = *info->Config;
    std::vector<std::string> has(config.Subjects, config.Subjects + std::max(config.SubjectsLen, 0));
    std::vector<std::string> wanted(subjects.begin(), subjects.end());
    std::sort(has.begin(), has.end());
    std::sort(wanted.begin(), wanted.end());
    if (has != wanted)
        throw SinkError(Kind_::refused, what + " is not of this feed: its subjects are others than " +
                                            printable(options_.subject) + ".apply, .rollback, .stable and .reset");
    if (config.MaxMsgSize > 0 && static_cast<std::size_t>(config.MaxMsgSize) < options_.largest)
        throw SinkError(Kind_::refused, what + " takes messages of " + std::to_string(config.MaxMsgSize) +
                                            " bytes, and " + std::to_string(options_.largest) +
                                            " are needed: set its max_msg_size");
    return extent();
}

Sink::Extent NatsSink::extent() {
    jsStreamInfo* info = nullptr;
    jsErrCode code{};
    const auto status = js_GetStreamInfo(&info, connection_->stream.get(), options_.stream.c_str(), nullptr, &code);
    check("the stream " + printable(options_.stream), status, code);
    const InfoPtr owned(info);
    return {info->State.Msgs == 0 ? info->State.LastSeq + 1 : info->State.FirstSeq, info->State.LastSeq};
}

bool NatsSink::occupied() {
    natsMsg* reply = nullptr;
    const std::string subject = options_.subject + ".feeder";
    // A feeder that lives but has stopped answers no request.
    const auto status = natsConnection_Request(&reply, connection_->connection.get(), subject.c_str(), "", 0, 2'000);
    const MessagePtr owned(reply);
    if (status == NATS_NO_RESPONDERS || status == NATS_TIMEOUT) return false;
    check("a look for another feeder", status);
    return true;
}

void NatsSink::occupy() {
    natsSubscription* made = nullptr;
    const std::string subject = options_.subject + ".feeder";
    check(subject,
          natsConnection_Subscribe(&made, connection_->connection.get(), subject.c_str(), on_request, nullptr));
    connection_->occupied.reset(made);
    check(subject, natsConnection_Flush(connection_->connection.get()));
}

void NatsSink::append(const Event& event) {
    if (connection_->reporter->failed) return;
    const Record record = encode(event, options_.network);
    const std::string subject = options_.subject + "." + std::string(name(event.kind));
    natsMsg* made = nullptr;
    check(subject, natsMsg_Create(&made, subject.c_str(), nullptr, reinterpret_cast<const char*>(record.body.data()),
                                  static_cast<int>(record.body.size())));
    MessagePtr message(made);
    for (const auto& [key, value] : record.fields) check(key, natsMsgHeader_Set(made, key.c_str(), value.c_str()));
    const std::string last = std::to_string(event.sequence - 1);
    // A watermark does not say on which block the chain ends.
    const bool changes = event.kind != Kind::stable;
    std::string id = id_of(event);
    if (!changes) id += "." + connection_->end_id;
    check(subject, natsMsgHeader_Set(made, "Nats-Msg-Id", id.c_str()));
    // The sequence alone would fit again once another feeder has stored as many events as were rejected here.
    if (!connection_->last_id.empty())
        check(subject, natsMsgHeader_Set(made, "Nats-Expected-Last-Msg-Id", connection_->last_id.c_str()));
    if (changes) connection_->end_id = id;
    connection_->last_id = std::move(id);
    check(subject, natsMsgHeader_Set(made, "Nats-Expected-Last-Sequence", last.c_str()));
    check(subject, natsMsgHeader_Set(made, "Nats-Expected-Stream", options_.stream.c_str()));
    jsPubOptions options;
    check(subject, jsPubOptions_Init(&options));
    options.MaxWait = std::chrono::duration_cast<std::chrono::milliseconds>(options_.patience).count();
    const auto status = js_PublishMsgAsync(connection_->stream.get(), &made, &options);
    if (made == nullptr) (void)message.release();  // the client has taken it
    if (status == NATS_MAX_PAYLOAD)
        throw SinkError(Kind_::refused, "an event of " + std::to_string(record.body.size()) +
                                            " bytes is more than the server's max_payload");
    check("an event", status);
}

void NatsSink::pass(std::uint64_t first, bool whole, bool wait, const std::function<bool(const Event*)>& take) {
    const std::uint64_t last = extent().last;
    if (!wait && first > last) return;
    jsSubOptions options;
    check("a consumer", jsSubOptions_Init(&options));
    options.Stream = options_.stream.c_str();
    options.Ordered = true;
    options.Config.DeliverPolicy = js_DeliverByStartSequence;
    options.Config.OptStartSeq = first;
    options.Config.HeadersOnly = !whole;
    natsSubscription* made = nullptr;
    jsErrCode code{};
    const std::string subject = options_.subject + ".*";
    const auto status = js_SubscribeSync(&made, connection_->stream.get(), subject.c_str(), nullptr, &options, &code);
    check("a consumer of the stream " + printable(options_.stream), status, code);
    natsSubscription* const subscription = made;
    connection_->ended.emplace_back(made);
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(options_.patience).count();
    for (;;) {
        natsMsg* next = nullptr;
        const auto got = natsSubscription_NextMsg(&next, subscription, wait ? 100 : patience);
        if (wait && got == NATS_TIMEOUT) {
            if (!take(nullptr)) break;
            continue;
        }
        check("the stream " + printable(options_.stream), got);
        const MessagePtr message(next);
        const std::uint64_t sequence = sequence_of(next);
        const auto read = decode(record_of(next), options_.network, whole);
        const std::string where =
            "message " + std::to_string(sequence) + " of the stream " + printable(options_.stream);
        if (const auto* refused = std::get_if<Refused>(&read))
            throw SinkError(Kind_::refused, where + " is no event of this feed: " + refused->reason);
        const Event& event = std::get<Event>(read);
        if (event.sequence != sequence)
            throw SinkError(Kind_::refused, where + " says that it is number " + std::to_string(event.sequence));
        if (!take(&event) || (!wait && sequence >= last)) break;
    }
    (void)natsSubscription_Unsubscribe(subscription);
}

void NatsSink::read(std::uint64_t first, bool whole, const std::function<bool(Event)>& take) {
    pass(first, whole, false, [&take](const Event* event) { return event == nullptr || take(*event); });
}

void NatsSink::follow(std::uint64_t first, const std::function<bool(const Event*)>& take) {
    pass(first, true, true, take);
}

}  // namespace ouro::feed
