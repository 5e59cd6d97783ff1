#include <ouro/detail/asio.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <ouro/interface/resolver.hpp>

namespace ouro {

namespace {

class SystemResolver final : public Resolver {
  public:
    explicit SystemResolver(const asio::any_io_executor& executor) : resolver_(executor) {}

    void resolve(const std::string& host, Done done) override {
        resolver_.async_resolve(
            host, "",
            [done = std::move(done)](std::error_code error, const asio::ip::tcp::resolver::results_type& found) {
                std::vector<std::string> addresses;
                addresses.reserve(found.size());
                for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
                done(error, std::move(addresses));
            });
    }

  private:
    asio::ip::tcp::resolver resolver_;
};

}  // namespace

void Resolver::look_up(const AccessPoint& name, Answered answered) {
    if (name.service()) return answered({NameAnswer::Outcome::failed, {}, {}});
    resolve(name.host(), [port = *name.port(), answered = std::move(answered)](
                             std::error_code error, const std::vector<std::string>& addresses) {
        NameAnswer answer{NameAnswer::Outcome::found, {}, {}};
        if (error) {
            const bool unknown = error == std::error_code(asio::error::host_not_found);
            answer.outcome = unknown ? NameAnswer::Outcome::unknown : NameAnswer::Outcome::failed;
        }
        for (const std::string& address : addresses) answer.peers.push_back(PeerId::from_parts(address, port));
        answered(std::move(answer));
    });
}

std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor) {
    return std::make_shared<SystemResolver>(executor);
}

}  // namespace ouro
