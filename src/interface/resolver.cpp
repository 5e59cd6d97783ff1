#include <ouro/detail/asio.hpp>

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

std::shared_ptr<Resolver> make_system_resolver(const asio::any_io_executor& executor) {
    return std::make_shared<SystemResolver>(executor);
}

}  // namespace ouro
