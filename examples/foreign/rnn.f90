! A vanilla RNN in Fortran as a subject: bptt-verify check ./librnn_fortran.so
!
!     gfortran -std=f2008 -O2 -fPIC -shared rnn.f90 -o librnn_fortran.so
!
! The derived types are those of bptt_subject.h, version 1, field by field. Without BPTT_STRIDED
! arrays are dense and column-major, which is Fortran's own order: c_f_pointer is all that is needed.
module bptt_subject
  use, intrinsic :: iso_c_binding
  implicit none

  integer(c_int32_t), parameter :: BPTT_SUBJECT_VERSION = 1, BPTT_OK = 0
  integer(c_int64_t), parameter :: BPTT_RNN = 1, BPTT_F64 = 8, BPTT_FEWER_LOSSES = 128

  type, bind(c) :: bptt_array
    type(c_ptr) :: data
    integer(c_int64_t) :: extent(3), stride(3)
    integer(c_int32_t) :: rank, reserved
  end type

  type, bind(c) :: bptt_problem
    integer(c_int32_t) :: cell, scalar, activation, reserved
    integer(c_int64_t) :: n_x, n_a, m, T_x, T_da
    type(c_ptr) :: error
    integer(c_int64_t) :: error_size
  end type

  type, bind(c) :: bptt_rnn_inputs
    type(bptt_array) :: x, a0, Wax, Waa, ba
  end type
  type, bind(c) :: bptt_rnn_states
    type(bptt_array) :: a
  end type
  type, bind(c) :: bptt_rnn_upstream
    type(bptt_array) :: da
  end type
  type, bind(c) :: bptt_rnn_gradients
    type(bptt_array) :: dx, da0, dWax, dWaa, dba
  end type

  type, bind(c) :: bptt_description
    integer(c_int64_t) :: flags
    integer(c_int32_t) :: derivation, reserved
    real(c_double) :: tanh_ulp, sigmoid_ulp
    type(c_ptr) :: text
  end type

contains

  function matrix(p) result(values)
    type(bptt_array), intent(in) :: p
    real(c_double), pointer :: values(:, :)
    call c_f_pointer(p%data, values, p%extent(1:2))
  end function

  function sequence(p) result(values)
    type(bptt_array), intent(in) :: p
    real(c_double), pointer :: values(:, :, :)
    call c_f_pointer(p%data, values, p%extent)
  end function

  function version() result(number) bind(c, name="bptt_subject_version")
    integer(c_int32_t) :: number
    number = BPTT_SUBJECT_VERSION
  end function

  subroutine describe(out) bind(c, name="bptt_subject_describe")
    type(bptt_description), intent(inout) :: out
    out%flags = ior(ior(BPTT_RNN, BPTT_F64), BPTT_FEWER_LOSSES)
  end subroutine

  ! a<t> = tanh(Wax x<t> + Waa a<t-1> + ba)
  function rnn_forward(session, p, in, out) result(status) bind(c, name="bptt_rnn_forward")
    type(c_ptr), intent(inout) :: session
    type(bptt_problem), intent(in) :: p
    type(bptt_rnn_inputs), intent(in) :: in
    type(bptt_rnn_states), intent(in) :: out
    integer(c_int32_t) :: status
    real(c_double), pointer :: x(:, :, :), a(:, :, :), a0(:, :), Wax(:, :), Waa(:, :), ba(:, :)
    integer(c_int64_t) :: t

    x => sequence(in%x); a => sequence(out%a); a0 => matrix(in%a0)
    Wax => matrix(in%Wax); Waa => matrix(in%Waa); ba => matrix(in%ba)
    do t = 1, p%T_x
      if (t == 1) then
        a(:, :, t) = matmul(Waa, a0)
      else
        a(:, :, t) = matmul(Waa, a(:, :, t - 1))
      end if
      a(:, :, t) = tanh(a(:, :, t) + matmul(Wax, x(:, :, t)) + spread(ba(:, 1), 2, int(p%m)))
    end do
    status = BPTT_OK
  end function

  function rnn_backward(session, p, in, states, up, out) result(status) &
      bind(c, name="bptt_rnn_backward")
    type(c_ptr), intent(inout) :: session
    type(bptt_problem), intent(in) :: p
    type(bptt_rnn_inputs), intent(in) :: in
    type(bptt_rnn_states), intent(in) :: states
    type(bptt_rnn_upstream), intent(in) :: up
    type(bptt_rnn_gradients), intent(in) :: out
    integer(c_int32_t) :: status
    real(c_double), pointer :: x(:, :, :), a(:, :, :), a0(:, :), Wax(:, :), Waa(:, :)
    real(c_double), pointer :: da(:, :, :), dx(:, :, :), da0(:, :), dWax(:, :), dWaa(:, :), dba(:, :)
    real(c_double), allocatable :: da_prevt(:, :), dz(:, :)
    integer(c_int64_t) :: t

    x => sequence(in%x); a => sequence(states%a); a0 => matrix(in%a0)
    Wax => matrix(in%Wax); Waa => matrix(in%Waa)
    da => sequence(up%da); dx => sequence(out%dx); da0 => matrix(out%da0)
    dWax => matrix(out%dWax); dWaa => matrix(out%dWaa); dba => matrix(out%dba)

    allocate (da_prevt(p%n_a, p%m))
    da_prevt = 0
    do t = p%T_da, 1, -1
      dz = (1 - a(:, :, t)**2) * (da(:, :, t) + da_prevt)  ! two uses of a<t> add
      dx(:, :, t) = matmul(transpose(Wax), dz)  ! overwritten
      da_prevt = matmul(transpose(Waa), dz)
      dWax = dWax + matmul(dz, transpose(x(:, :, t)))  ! accumulated
      if (t == 1) then
        dWaa = dWaa + matmul(dz, transpose(a0))
      else
        dWaa = dWaa + matmul(dz, transpose(a(:, :, t - 1)))
      end if
      dba(:, 1) = dba(:, 1) + sum(dz, dim=2)  ! the way back of a broadcast
    end do
    da0 = da_prevt
    status = BPTT_OK
  end function

end module
