#include <ouro/chain/tx_body.hpp>

#include "fields.hpp"

namespace ouro::chain {

/// Finds the fields of one body.
class TxBodyReader {
    using Key = TxBody::Key;

  public:
    TxBodyReader(Era era, Bytes body) noexcept : in_(body), body_(era, std::move(body)) {}

    Result<TxBody> run() {
        if (body_.era() == Era::byron) {
            byron();
        } else {
            later();
        }
        if (const Errc error = in_.finish(); error != Errc::none) return {error, in_.offset()};
        return std::move(body_);
    }

  private:
    void byron() {
        in_.definite(3);
        body_.fields_[0] = in_.item(cbor::Major::array);
        body_.fields_[1] = in_.item(cbor::Major::array);
        in_.item();
    }

    void later() {
        const auto size = in_.map();
        for (std::uint64_t i = 0; in_.more(size, i); ++i) {
            const std::size_t start = in_.offset();
            const std::uint64_t key = in_.uint();
            if (key >= TxBody::keys) {
                in_.item();
                continue;
            }
            BytesView& field = body_.fields_[static_cast<std::size_t>(key)];
            if (!field.empty()) return in_.fail(Errc::repeated_index, start);
            const std::size_t value = in_.offset();
            read(static_cast<Key>(key));
            if (in_.ok()) field = body_.body_.view().subspan(value, in_.offset() - value);
        }
    }

    void read(Key key) {
        switch (key) {
            case Key::fee: body_.fee_ = in_.uint(); break;
            case Key::total_collateral: body_.total_collateral_ = in_.uint(); break;
            case Key::valid_from: body_.valid_from_ = Slot{in_.uint()}; break;
            case Key::valid_until: body_.valid_until_ = Slot{in_.uint()}; break;
            default: in_.item(); break;
        }
    }

    Frame in_;
    TxBody body_;
};

Result<TxBody> TxBody::read(Era era, Bytes body) { return TxBodyReader(era, std::move(body)).run(); }

BytesView TxBody::field(Key key) const noexcept {
    const auto number = static_cast<std::size_t>(key);
    return number < keys ? fields_[number] : BytesView();
}

template <class T>
Result<T> TxBody::placed(Result<T> result, Key key) const {
    if (result) return result;
    return {result.error(), static_cast<std::size_t>(field(key).data() - body_.data()) + result.offset()};
}

template <class T>
Result<Sequence<T>> TxBody::array(Key key) const {
    return placed(check_array<T>(field(key), era_), key);
}

Result<Sequence<Input>> TxBody::inputs() const { return array<Input>(Key::inputs); }
Result<Sequence<Input>> TxBody::reference_inputs() const { return array<Input>(Key::reference_inputs); }
Result<Sequence<Input>> TxBody::collateral() const { return array<Input>(Key::collateral); }
Result<Sequence<Output>> TxBody::outputs() const { return array<Output>(Key::outputs); }
Result<Sequence<BytesView>> TxBody::certificates() const { return array<BytesView>(Key::certificates); }
Result<Sequence<BytesView>> TxBody::proposals() const { return array<BytesView>(Key::proposals); }
Result<Sequence<BytesView>> TxBody::sub_transactions() const { return array<BytesView>(Key::sub_transactions); }

Result<Sequence<Output>> TxBody::collateral_return() const {
    const BytesView whole = field(Key::collateral_return);
    if (whole.empty()) return Sequence<Output>();
    Frame in(whole);
    Output output;
    read_item(in, era_, output);
    if (const Errc error = in.finish(); error != Errc::none)
        return placed(Result<Sequence<Output>>(error, in.offset()), Key::collateral_return);
    return Sequence<Output>(whole, 1, era_);
}

Result<Produced> TxBody::produced(bool valid) const {
    const Result<Sequence<Output>> all = outputs();
    if (!all) return {all.error(), all.offset()};
    if (valid) return Produced{0, *all};
    const Result<Sequence<Output>> returned = collateral_return();
    if (!returned) return {returned.error(), returned.offset()};
    return Produced{static_cast<std::uint32_t>(all->size()), *returned};
}

Result<Assets> TxBody::mint() const {
    const BytesView map = field(Key::mint);
    return map.empty() ? Result(Assets()) : placed(Assets::read(map, true), Key::mint);
}

Result<Sequence<Withdrawal>> TxBody::withdrawals() const {
    return placed(check_map<Withdrawal>(field(Key::withdrawals), era_), Key::withdrawals);
}

}  // namespace ouro::chain
